// Made of the service's OpenAPI document by scripts/client.ts: npm run client.

export interface paths {
    readonly "/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether the process runs. */
        readonly get: operations["health"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/ready": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether questions are taken: not while the server starts or stops, nor where a cache cannot be read. */
        readonly get: operations["ready"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Measures for Prometheus. */
        readonly get: operations["metrics"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/about": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The model, its teacher, the caches and the limits of the service. */
        readonly get: operations["about"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Lists the caches that are served. */
        readonly get: operations["listCaches"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/ask": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Asks one question of cached images. */
        readonly post: operations["ask"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/ask/stream": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Asks one question of cached images, and sends the answers while the scan goes on, in the order of the cache. */
        readonly post: operations["askStream"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/entail": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Judges of cached images whether they entail a hypothesis, contradict it, or leave it open. */
        readonly post: operations["entail"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/reason": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Judges whether a statement is true of pairs of cached images. */
        readonly post: operations["reasonOverPairs"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/answer": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Answers a question about an image, or the two that the model is asked about together. */
        readonly post: operations["answer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/reason": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Judges whether a statement is true of two images together. */
        readonly post: operations["reason"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/search": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Finds the cached images that fit a description, with a student of retrieval. */
        readonly post: operations["search"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/like": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Finds the cached images that are most like an image. */
        readonly post: operations["like"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/vectors/texts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Encodes texts: of a student of retrieval unit vectors, of others their half of f's first layer. */
        readonly post: operations["textVectors"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/vectors/images": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Encodes images, as the cache keeps them. */
        readonly post: operations["imageVectors"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/explain": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Computes where each word of a question looks in an image, head by head, and each patch among the words. */
        readonly post: operations["explain"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/images": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Lists cached images. */
        readonly get: operations["listImages"];
        readonly put?: never;
        /** Adds an image: the bytes of its file. Once it is answered, file and cache are on the disk. */
        readonly post: operations["uploadImage"];
        /** Deletes an image from the cache, and its file. */
        readonly delete: operations["deleteImage"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/image": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Metadata of one cached image. */
        readonly get: operations["imageInfo"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/folders": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Lists the folders of cached images. */
        readonly get: operations["listFolders"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/caches/{cache}/thumbnail": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A cached image as a small WebP. */
        readonly get: operations["thumbnail"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly Problem: {
            readonly type: string;
            readonly title: string;
            readonly status: number;
            readonly detail: string;
            /** @description The request, as the log names it. */
            readonly instance: string;
        };
        readonly Model: {
            /** @example vqa */
            readonly task: string;
            readonly architecture: string;
            /** @description Whether images are encoded without a text, and so once. */
            readonly isStudent: boolean;
            /** @description Images that it is asked about together. */
            readonly images: number;
            /** @description All its answers; none of a retriever. */
            readonly answers: readonly string[];
        };
        readonly Cache: {
            readonly name: string;
            /** @description Number of images. */
            readonly images: number;
            /** @description Whether its images are shown, and may be added and deleted. */
            readonly hasFiles: boolean;
        };
        readonly ImageAnswer: {
            /**
             * @description Path of an image below its cache's folder of images.
             * @example holidays/beach.jpg
             */
            readonly image: string;
            /**
             * @description Clock time without a zone: when it was taken or, where it does not say, when its file was last changed.
             * @example 2024-07-14T18:30:00
             */
            readonly date: string;
            /** @description Its near-duplicates, where they are grouped. */
            readonly duplicates?: readonly string[];
            readonly answer: string;
            readonly probability: number;
        };
        /** @description A question; where another answer than yes counts, with it: QUESTION = ANSWER. */
        readonly Condition: string | {
            readonly question: string;
            readonly answer?: string;
        };
        readonly JudgedImage: {
            /**
             * @description Path of an image below its cache's folder of images.
             * @example holidays/beach.jpg
             */
            readonly image: string;
            /**
             * @description Clock time without a zone: when it was taken or, where it does not say, when its file was last changed.
             * @example 2024-07-14T18:30:00
             */
            readonly date: string;
            /** @description Its near-duplicates, where they are grouped. */
            readonly duplicates?: readonly string[];
            readonly judgement: components["schemas"]["Judgement"];
            readonly entailment: number;
            readonly neutral: number;
            readonly contradiction: number;
        };
        /** @enum {string} */
        readonly Judgement: "entailment" | "neutral" | "contradiction";
        readonly JudgedPair: {
            readonly images: readonly [
                string,
                string
            ];
            readonly answer: string;
            readonly probability: number;
        };
        readonly RankedAnswer: {
            readonly answer: string;
            readonly probability: number;
        };
        readonly Image: {
            /**
             * @description Path of an image below its cache's folder of images.
             * @example holidays/beach.jpg
             */
            readonly path: string;
            /** @description Name of a cache, as /v1/caches lists it. */
            readonly cache?: string;
        } | {
            /** @description Bytes of an image file. */
            readonly base64: string;
        };
        readonly FoundImage: {
            /**
             * @description Path of an image below its cache's folder of images.
             * @example holidays/beach.jpg
             */
            readonly image: string;
            /**
             * @description Clock time without a zone: when it was taken or, where it does not say, when its file was last changed.
             * @example 2024-07-14T18:30:00
             */
            readonly date: string;
            /** @description Its near-duplicates, where they are grouped. */
            readonly duplicates?: readonly string[];
            /** @description Cosine of the angle between two vectors; no probability. */
            readonly score: number;
        };
        readonly CachedImage: {
            /**
             * @description Path of an image below its cache's folder of images.
             * @example holidays/beach.jpg
             */
            readonly path: string;
            readonly bytes: number;
            /** @description Last change of the file, in milliseconds since 1970. */
            readonly modified: number;
            /**
             * @description Clock time without a zone: when it was taken or, where it does not say, when its file was last changed.
             * @example 2024-07-14T18:30:00
             */
            readonly date: string;
            /** @description Whether the date is that of the picture, and not of its file. */
            readonly isTaken: boolean;
            /** @description Of the bytes of the file: equal for the same image. */
            readonly sha256: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly health: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description It does. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly status: string;
                    };
                };
            };
        };
    };
    readonly ready: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description They are. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly status: string;
                    };
                };
            };
            /** @description They are not. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly metrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Measures. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
        };
    };
    readonly about: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The server. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly model: components["schemas"]["Model"];
                        readonly can: {
                            /** @description A question about an image, or two. */
                            readonly answer: boolean;
                            /** @description A question of all cached images. */
                            readonly ask: boolean;
                            /** @description Cached images by a description. */
                            readonly search: boolean;
                            /** @description Cached images by an image. */
                            readonly like: boolean;
                            /** @description A hypothesis of all cached images. */
                            readonly entail: boolean;
                            /** @description A statement about two images. */
                            readonly reason: boolean;
                            /** @description Attention of the words of a question to an image. */
                            readonly explain: boolean;
                        };
                        /** @description The fusion encoder beside the model, where one is loaded. */
                        readonly teacher?: components["schemas"]["Model"] & {
                            /** @description Time of one text and one image through it, measured as the server started. */
                            readonly pairMilliseconds: number;
                        };
                        readonly caches: readonly components["schemas"]["Cache"][];
                        /** @description Whether a cache takes images. */
                        readonly uploads: boolean;
                        readonly limits: {
                            /** @description Largest image that is taken, in millions of bytes. */
                            readonly megabytes: number;
                            /** @description Largest image that is decoded, in millions of pixels. */
                            readonly megapixels: number;
                            /** @description Longest time of a request. */
                            readonly seconds: number;
                        };
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listCaches: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The caches. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly caches: readonly components["schemas"]["Cache"][];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly ask: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly question: string;
                    /** @description Answer whose probability counts; null: the most probable of each image. Default: yes, or that. */
                    readonly answer?: string | null;
                    /** @description Questions whose probabilities are multiplied with it. */
                    readonly and?: readonly components["schemas"]["Condition"][];
                    /** @description Questions for which 1 less the probability is. */
                    readonly not?: readonly components["schemas"]["Condition"][];
                    /**
                     * @description Whether the most probable answers are counted.
                     * @default false
                     */
                    readonly histogram?: boolean;
                    /** @description Number of equal parts of 0 to 1 in which all images are counted by their probability. */
                    readonly bars?: number;
                    /**
                     * @description Most results; the first ones of the order.
                     * @default 10
                     */
                    readonly top?: number;
                    /** @description Least probability of what is returned. */
                    readonly atLeast?: number;
                    /** @enum {string} */
                    readonly sort?: "probability" | "date" | "path";
                    /**
                     * @description Default: the best first, the newest first, paths from A to Z.
                     * @enum {string}
                     */
                    readonly order?: "ascending" | "descending";
                    /** @description Largest cosine distance of images that are named with the first of them; 0: equal files. */
                    readonly nearDuplicates?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                };
            };
        };
        readonly responses: {
            /** @description The most probable answers first, unless another order was asked for. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly answers: readonly components["schemas"]["ImageAnswer"][];
                        /** @description The answer that was asked for, where it was one. */
                        readonly answer?: string;
                        /** @description Images that the filter let through. */
                        readonly images: number;
                        /** @description Those of them that reach `atLeast`. */
                        readonly found: number;
                        /** @description Most probable answers of all images that were asked, the most frequent first. */
                        readonly histogram?: readonly {
                            readonly answer: string;
                            readonly images: number;
                        }[];
                        /** @description Images of each of the parts, whatever `atLeast`; a probability of 1 is in the last. */
                        readonly bars?: readonly number[];
                        readonly warnings: readonly string[];
                        /** @description Time that the server worked on it. */
                        readonly milliseconds: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly askStream: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly question: string;
                    /** @description Answer whose probability counts; null: the most probable of each image. Default: yes, or that. */
                    readonly answer?: string | null;
                    /** @description Questions whose probabilities are multiplied with it. */
                    readonly and?: readonly components["schemas"]["Condition"][];
                    /** @description Questions for which 1 less the probability is. */
                    readonly not?: readonly components["schemas"]["Condition"][];
                    /** @description Least probability of what is returned. */
                    readonly atLeast?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                };
            };
        };
        readonly responses: {
            /** @description A line of JSON for each block of images and, where it fails after the first, a problem as the last. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": {
                        readonly found: readonly components["schemas"]["ImageAnswer"][];
                        /** @description Images that are done. */
                        readonly done: number;
                        readonly of: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly entail: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly hypothesis: string;
                    readonly judgement?: components["schemas"]["Judgement"] & unknown;
                    /**
                     * @description Most results; the first ones of the order.
                     * @default 10
                     */
                    readonly top?: number;
                    /** @description Least probability of what is returned. */
                    readonly atLeast?: number;
                    /** @enum {string} */
                    readonly sort?: "probability" | "date" | "path";
                    /**
                     * @description Default: the best first, the newest first, paths from A to Z.
                     * @enum {string}
                     */
                    readonly order?: "ascending" | "descending";
                    /** @description Largest cosine distance of images that are named with the first of them; 0: equal files. */
                    readonly nearDuplicates?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                };
            };
        };
        readonly responses: {
            /** @description The most probable first, unless another order was asked for. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly judged: readonly components["schemas"]["JudgedImage"][];
                        /** @description Images that the filter let through. */
                        readonly images: number;
                        /** @description Those of them whose judgement reaches `atLeast`. */
                        readonly found: number;
                        readonly warnings: readonly string[];
                        /** @description Time that the server worked on it. */
                        readonly milliseconds: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly reasonOverPairs: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly statement: string;
                    /**
                     * @description consecutive: by path.
                     * @default all
                     * @enum {string}
                     */
                    readonly pairs?: "all" | "consecutive";
                    /**
                     * @default True
                     * @enum {string}
                     */
                    readonly answer?: "True" | "False";
                    /**
                     * @description Most results; the first ones of the order.
                     * @default 10
                     */
                    readonly top?: number;
                    readonly atLeast?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                    /** @description Filter of the second images. */
                    readonly second?: {
                        /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                        readonly paths?: readonly string[];
                        /** @description Folders below that of the images, with everything in them. */
                        readonly folder?: readonly string[];
                        /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                        readonly from?: string;
                        /** @description Last year, month, day or minute, the whole of it. */
                        readonly to?: string;
                        /** @description Least size of the file. */
                        readonly minBytes?: number;
                        /** @description Largest size of the file. */
                        readonly maxBytes?: number;
                    };
                    /** @description Cache of the second images. Default: the same. */
                    readonly secondCache?: string;
                };
            };
        };
        readonly responses: {
            /** @description The most probable pairs first. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly pairs: readonly components["schemas"]["JudgedPair"][];
                        /** @description Pairs that were judged. */
                        readonly judged: number;
                        readonly warnings: readonly string[];
                        /** @description Time that the server worked on it. */
                        readonly milliseconds: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly answer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly question: string;
                    readonly images: readonly components["schemas"]["Image"][];
                    /**
                     * @description Most results; the best come first.
                     * @default 10
                     */
                    readonly top?: number;
                };
            };
        };
        readonly responses: {
            /** @description The most probable answers. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly answers: readonly components["schemas"]["RankedAnswer"][];
                        readonly warnings: readonly string[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly reason: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly statement: string;
                    readonly images: readonly components["schemas"]["Image"][];
                };
            };
        };
        readonly responses: {
            /** @description True and False, the likelier first. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly answers: readonly components["schemas"]["RankedAnswer"][];
                        readonly warnings: readonly string[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly search: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly text: string;
                    /** @description Texts whose vectors are added; of a student of retrieval. */
                    readonly and?: readonly string[];
                    /** @description Texts whose vectors are subtracted; of a student of retrieval. */
                    readonly not?: readonly string[];
                    /**
                     * @description Most results; the first ones of the order.
                     * @default 10
                     */
                    readonly top?: number;
                    /** @description Least score of what is returned. */
                    readonly atLeast?: number;
                    /** @enum {string} */
                    readonly sort?: "score" | "date" | "path";
                    /**
                     * @description Default: the best first, the newest first, paths from A to Z.
                     * @enum {string}
                     */
                    readonly order?: "ascending" | "descending";
                    /** @description Largest cosine distance of images that are named with the first of them; 0: equal files. */
                    readonly nearDuplicates?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                };
            };
        };
        readonly responses: {
            /** @description The best first. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly found: readonly components["schemas"]["FoundImage"][];
                        /** @description Images that the filter let through. */
                        readonly images: number;
                        readonly warnings: readonly string[];
                        /** @description Time that the server worked on it. */
                        readonly milliseconds: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly like: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly image: components["schemas"]["Image"];
                    /** @description Texts whose vectors are added; of a student of retrieval. */
                    readonly and?: readonly string[];
                    /** @description Texts whose vectors are subtracted; of a student of retrieval. */
                    readonly not?: readonly string[];
                    /**
                     * @description Most results; the first ones of the order.
                     * @default 10
                     */
                    readonly top?: number;
                    /** @description Least score of what is returned. */
                    readonly atLeast?: number;
                    /** @enum {string} */
                    readonly sort?: "score" | "date" | "path";
                    /**
                     * @description Default: the best first, the newest first, paths from A to Z.
                     * @enum {string}
                     */
                    readonly order?: "ascending" | "descending";
                    /** @description Largest cosine distance of images that are named with the first of them; 0: equal files. */
                    readonly nearDuplicates?: number;
                    /** @description Globs of paths, one of which must fit; one that begins with ! leaves out. */
                    readonly paths?: readonly string[];
                    /** @description Folders below that of the images, with everything in them. */
                    readonly folder?: readonly string[];
                    /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                    readonly from?: string;
                    /** @description Last year, month, day or minute, the whole of it. */
                    readonly to?: string;
                    /** @description Least size of the file. */
                    readonly minBytes?: number;
                    /** @description Largest size of the file. */
                    readonly maxBytes?: number;
                };
            };
        };
        readonly responses: {
            /** @description The most alike first. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly found: readonly components["schemas"]["FoundImage"][];
                        /** @description Images that the filter let through. */
                        readonly images: number;
                        readonly warnings: readonly string[];
                        /** @description Time that the server worked on it. */
                        readonly milliseconds: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly textVectors: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly texts: readonly string[];
                };
            };
        };
        readonly responses: {
            /** @description The vectors. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly width: number;
                        /** @description A vector each, in the order of the request. */
                        readonly vectors: readonly (readonly number[])[];
                        readonly warnings: readonly string[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly imageVectors: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly images: readonly components["schemas"]["Image"][];
                };
            };
        };
        readonly responses: {
            /** @description The vectors. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly width: number;
                        /** @description A vector each, in the order of the request. */
                        readonly vectors: readonly (readonly number[])[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly explain: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly question: string;
                    readonly image: components["schemas"]["Image"];
                };
            };
        };
        readonly responses: {
            /** @description Attention of the last layer: of the teacher first, where one is loaded, and of the model. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The image as the models see it: a data URI. */
                        readonly image: string;
                        /** @description The same in pale grey, to lay colours over: a data URI. */
                        readonly grey: string;
                        /** @description Word pieces, [CLS] and [SEP] included. */
                        readonly words: readonly string[];
                        /** @description Rows of patches. */
                        readonly rows: number;
                        /** @description Columns of patches. */
                        readonly columns: number;
                        readonly models: readonly {
                            readonly name: string;
                            readonly answers: readonly components["schemas"]["RankedAnswer"][];
                            /** @description [heads][queries][keys]; the first image token is [CLS], and a row adds up to 1. */
                            readonly textToImage: readonly (readonly (readonly number[])[])[];
                            /** @description [heads][queries][keys]; the first image token is [CLS], and a row adds up to 1. */
                            readonly imageToText: readonly (readonly (readonly number[])[])[];
                            /** @description KL divergence of each head from that of the first model, in nats. */
                            readonly divergence?: {
                                readonly textToImage: readonly number[];
                                readonly imageToText: readonly number[];
                            };
                        }[];
                        readonly warnings: readonly string[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listImages: {
        readonly parameters: {
            readonly query?: {
                /** @description Images to pass over. */
                readonly offset?: number | null;
                readonly count?: number;
                readonly sort?: "added" | "date" | "path" | "bytes";
                /** @description Default: the newest and the largest first, paths from A to Z, the cache as it is. */
                readonly order?: "ascending" | "descending";
                readonly paths?: readonly string[];
                readonly folder?: readonly string[];
                /** @description First year, month, day or minute: 2024, 2024-07, 2024-07-14 … */
                readonly from?: string;
                /** @description Last year, month, day or minute, the whole of it. */
                readonly to?: string;
                readonly minBytes?: number | null;
                readonly maxBytes?: number | null;
            };
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Images. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description Images of the cache. */
                        readonly total: number;
                        /** @description Those of them that the filter lets through. */
                        readonly found: number;
                        readonly images: readonly components["schemas"]["CachedImage"][];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly uploadImage: {
        readonly parameters: {
            readonly query: {
                /** @description Path of an image below its cache's folder of images. */
                readonly path: string;
            };
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/octet-stream": Blob;
            };
        };
        readonly responses: {
            /** @description The same image was there already. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /**
                         * @description Path of an image below its cache's folder of images.
                         * @example holidays/beach.jpg
                         */
                        readonly path: string;
                        readonly sha256: string;
                    };
                };
            };
            /** @description It was added. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /**
                         * @description Path of an image below its cache's folder of images.
                         * @example holidays/beach.jpg
                         */
                        readonly path: string;
                        readonly sha256: string;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another image is there. */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are more bytes than are taken. */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is of another media type. */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteImage: {
        readonly parameters: {
            readonly query: {
                /** @description Path of an image below its cache's folder of images. */
                readonly path: string;
            };
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description It is gone. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly imageInfo: {
        readonly parameters: {
            readonly query: {
                /** @description Path of an image below its cache's folder of images. */
                readonly path: string;
            };
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The image. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CachedImage"] & {
                        /** @description Folder below that of the images; empty for that itself. */
                        readonly folder: string;
                        /** @description Other cached images of the same bytes. */
                        readonly copies: readonly string[];
                        /** @description In pixels, as it is shown; where its file is served. */
                        readonly width?: number;
                        readonly height?: number;
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listFolders: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Folders below that of the images, from A to Z. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly folders: readonly {
                            readonly folder: string;
                            /** @description Images in it and below it. */
                            readonly images: number;
                        }[];
                    };
                };
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly thumbnail: {
        readonly parameters: {
            readonly query: {
                /** @description Path of an image below its cache's folder of images. */
                readonly path: string;
                /** @description Longer side in pixels. */
                readonly side?: number;
                /** @description Hash of the image, as lists have it: with it the answer may be kept for ever. */
                readonly sha256?: string;
            };
            readonly header?: never;
            readonly path: {
                /** @description Name of a cache, as /v1/caches lists it. */
                readonly cache: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The image. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "image/webp": Blob;
                };
            };
            /** @description It is the one of `If-None-Match`. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not as described. */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is missing or unknown. */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It may not be had. */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such cache or image. */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done: the image cannot be read, or the model does something else. */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: try again after the time that `Retry-After` says. */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is starting or stopping, or another process writes the cache. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It takes longer than it may. */
            readonly 504: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
