// Once more, where that is harmless.

/** What was tried failed for good, or may do better when tried again. */
export class Trouble extends Error {
  constructor(
    /** A plain sentence for the person. */
    message: string,
    readonly passing: boolean,
  ) {
    super(message);
  }
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Tries again after the pauses, as long as the trouble is a passing one. */
export async function again<T>(work: () => Promise<T>, pauses: number[] = [600], sleep: (ms: number) => Promise<void> = wait): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Trouble) || !error.passing) throw error;
      await sleep(pause);
    }
  }
  return work();
}

/** What a page says of a failure. */
export const wordsOf = (error: unknown): string => (error instanceof Trouble ? error.message : '出了点问题。请再试一次。');
