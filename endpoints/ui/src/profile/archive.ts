// Opens what people drop on the page: profiles, compressed or not, and captures (.tar.gz) of the
// program or of scripts/capture.sh.

export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

export async function gunzipped(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error("the file is cut off: its compressed data ends early");
  }
}

const kBlock = 512;

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function isTar(bytes: Uint8Array): boolean {
  return text(bytes.subarray(257, 262)) === "ustar";
}

function* files(tar: Uint8Array): Generator<NamedBytes> {
  for (let at = 0; at + kBlock <= tar.length && tar[at] !== 0; ) {
    const size = parseInt(text(tar.subarray(at + 124, at + 136)), 8) || 0;
    const begin = at + kBlock;
    yield { name: text(tar.subarray(at, at + 100)), bytes: tar.subarray(begin, begin + size) };
    at = begin + Math.ceil(size / kBlock) * kBlock;
  }
}

// A file of a capture, or the whole of another file, which has no folder.
export interface Part extends NamedBytes {
  folder: string;
  isDump: boolean; // the stacks of all threads, as text
}

function partOf({ name, bytes }: NamedBytes): Part {
  const at = name.lastIndexOf("/");
  return { folder: name.slice(0, Math.max(at, 0)), name: name.slice(at + 1), bytes, isDump: /\.txt$/.test(name) };
}

// The profiles in a file, and the stacks of threads: itself, or those of a capture.
export async function partsIn(file: NamedBytes): Promise<Part[]> {
  const bytes = await gunzipped(file.bytes);
  if (!isTar(bytes)) return [{ ...file, folder: "", isDump: false }];
  const found = [...files(bytes)].filter(({ name }) => /\.pb(\.gz)?$|(^|\/)goroutine[^/]*\.txt$/.test(name));
  if (found.length === 0) throw new Error(`${file.name} holds no profile (*.pb.gz)`);
  return found.map(partOf);
}
