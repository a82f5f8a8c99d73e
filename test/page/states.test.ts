import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { createKey } from '../../src/server.ts';
import type { ServingProcess } from '../service/process.fixture.ts';
import {
  ask,
  buildPage,
  describeInBrowser,
  openBrowser,
  openPage,
  servePictures,
  settings,
  violationsOf,
  writePictures,
} from './page.fixture.ts';

describeInBrowser.each(settings)('the page in need, $name', (setting) => {
  let [browser, served]: [Browser | undefined, ServingProcess | undefined] = [undefined, undefined];
  let page = '';

  beforeAll(async () => {
    const home = await temporaryFolder();
    await writePictures(join(home, 'pictures'), 5);
    page = await buildPage();
    [browser, served] = await Promise.all([openBrowser(), servePictures(page, home)]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.child.kill();
    await served?.ended;
  });

  const open = (address = '') => openPage(browser!, `${served!.url}/${address}`, setting);

  it('says where no picture is as sure as the cut, and shows the surest ones', async () => {
    await using opened = await open('?ask=is+there+a+blue+shape%3F&p=1');
    const note = opened.page.locator('.note');
    await note.getByText('No picture is that sure').waitFor();
    expect(await violationsOf(opened.page)).toEqual([]);
    await note.getByRole('button').click();
    await opened.page.locator('.tile').first().waitFor();
  });

  it('says where the filters let nothing through', async () => {
    await using opened = await open('?from=2030-01-01');
    await opened.page.getByText('The filters let none through.').waitFor();
    expect(await violationsOf(opened.page)).toEqual([]);
    await opened.page.locator('.note').getByRole('button', { name: 'Clear filters' }).click();
    await opened.page.locator('.tile').first().waitFor();
  });

  it('shows what the server refuses', async () => {
    await using opened = await open(`?ask=is+it+blue%3F&and=${encodeURIComponent('how many')}`);
    await opened.page.getByRole('alert').getByText('That cannot be answered').waitFor();
    expect(await opened.page.getByRole('alert').textContent()).toContain('say which answer counts');
    expect(await violationsOf(opened.page)).toEqual([]);
  });

  it('shows outlines while it opens, and asks again where the server was away', async () => {
    const opened = await openPage(browser!, `${served!.url}/icon.svg`, setting);
    const about = '**/v1/about';
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await opened.page.route(about, async (route) => {
      await held;
      await route.abort();
    });
    await opened.page.goto(served!.url);
    await opened.page.getByText('Opening the pictures').waitFor({ state: 'attached' });
    expect(await violationsOf(opened.page)).toEqual([]);
    release();
    await opened.page.getByText('The server does not answer').waitFor();
    expect(await violationsOf(opened.page)).toEqual([]);
    await opened.page.unroute(about);
    await opened.page.getByRole('button', { name: 'Try again' }).click();
    await opened.page.locator('.tile').first().waitFor();
    await opened[Symbol.asyncDispose]();
  });

  it('keeps what was answered where the next question fails, and asks it again', async () => {
    await using opened = await open();
    const { page } = opened;
    await ask(page, 'is there a blue shape?');
    await page.route('**/ask', (route) => route.fulfill({ status: 500, json: { detail: 'a fault of the server' } }));
    await page.getByLabel('Question', { exact: true }).fill('is there a red shape?');
    await page.keyboard.press('Enter');
    await page.getByText('Something went wrong').waitFor();
    await page.unroute('**/ask');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Something went wrong').waitFor({ state: 'detached' });
    await page.locator('main[aria-busy=false] .cut').waitFor();
  });

  it('invites pictures where there are none, and asks for a key where one is needed', async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, 'pictures'));
    const { key, line } = createKey('ana');
    const keyFile = join(home, 'keys');
    await writeFile(keyFile, line);
    const empty = await servePictures(page, home, ['--key-file', keyFile]);
    await using opened = await openPage(browser!, empty.url, setting);
    await opened.page.getByRole('heading', { name: 'These pictures need a key' }).waitFor();
    expect(await violationsOf(opened.page)).toEqual([]);
    await opened.page.getByLabel('Key').fill('dide_wrong');
    await opened.page.getByRole('button', { name: 'Open' }).click();
    await opened.page.getByText('That key is not known here.').waitFor();
    await opened.page.getByLabel('Key').fill(key);
    await opened.page.getByRole('button', { name: 'Open' }).click();
    await opened.page.getByText('No pictures yet').waitFor();
    expect(await violationsOf(opened.page)).toEqual([]);
    empty.child.kill();
    await empty.ended;
  });
});
