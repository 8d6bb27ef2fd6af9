/** Plants are told to the server, which marks them wherever it tells of that time. */
import type { ServerApi } from './server-api.ts';

export interface PlantMark {
  /** For people: what is planted where. */
  text: string;
  /** Wall clock. */
  fromMs: number;
}

/** Tells of a plant when it begins and, however it ends, when it is over; `say` hears where the server takes no note. */
export async function marked<T>(
  api: Pick<ServerApi, 'putPlant'>,
  mark: PlantMark,
  say: (line: string) => void,
  plant: () => Promise<T>,
): Promise<T> {
  const tell = async (toMs: number | null) => {
    if ((await api.putPlant({ ...mark, toMs })) === null) say(`the server took no note of the plant: ${mark.text}`);
  };
  await tell(null);
  try {
    return await plant();
  } finally {
    await tell(Math.max(mark.fromMs, Date.now()));
  }
}
