import fs from 'node:fs'; import { resize } from './src/data/resize.ts';
const {w,h,W,H}=JSON.parse(process.argv[2]!); const data=new Uint8Array(fs.readFileSync('/tmp/pv/in.raw'));
fs.writeFileSync('/tmp/pv/out.raw', resize({width:w,height:h,data},W,H).data);
