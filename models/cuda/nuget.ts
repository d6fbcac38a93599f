import { fetchJson, type DownloadOptions, type DownloadSpec } from '../download';
import { ModelFileError } from '../modelFileError';

/**
 * Where a NuGet feed has a package, with the size and the SHA-512 that its catalog states: NuGet knows no SHA-256.
 * See https://learn.microsoft.com/nuget/api/overview.
 * @param feed the address of its service index.
 * @throws ModelFileError `download` where the feed does not answer or does not have it.
 */
export async function findNugetPackage(
  feed: string,
  name: string,
  version: string,
  options: DownloadOptions = {},
): Promise<DownloadSpec> {
  const failed = (reason: string): ModelFileError =>
    new ModelFileError(
      'download',
      feed,
      `${feed} does not give ${name} ${version}: ${reason}.`,
      `A proxy may be altering its answers: ${options.byHand ?? 'try again later.'}`,
    );
  const text = (from: unknown, key: string, where: string): string => {
    const value = isRecord(from) ? from[key] : undefined;
    if (typeof value !== 'string') throw failed(`${where} has no ${key}`);
    return value;
  };
  const index = await fetchJson(feed, options);
  const resources = isRecord(index) && Array.isArray(index.resources) ? (index.resources as unknown[]) : [];
  const resource = (type: string): string => {
    const found = resources.find((candidate) => isRecord(candidate) && candidate['@type'] === type);
    return withSlash(text(found, '@id', `its resource ${type}`));
  };
  const id = name.toLowerCase();
  const leaf = await fetchJson(`${resource('RegistrationsBaseUrl')}${id}/${version}.json`, options);
  const entry = await fetchJson(text(leaf, 'catalogEntry', 'the registration'), options);
  const algorithm = text(entry, 'packageHashAlgorithm', 'the catalog');
  const bytes = isRecord(entry) ? entry.packageSize : undefined;
  if (algorithm !== 'SHA512') throw failed(`the catalog has a hash of an unknown kind, ${algorithm}`);
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes)) throw failed('the catalog states no size');
  return {
    url: `${resource('PackageBaseAddress/3.0.0')}${id}/${version}/${id}.${version}.nupkg`,
    bytes,
    sha512: Buffer.from(text(entry, 'packageHash', 'the catalog'), 'base64').toString('hex'),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
