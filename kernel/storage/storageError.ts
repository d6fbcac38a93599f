import { MaskletError, fileRefused } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';

/** What went wrong in writing `file`, by the words of Node's or ffmpeg's error. */
export function storageError(file: string, text: string, cause?: unknown): MaskletError {
  if (cause instanceof FileError) return fileRefused(cause);
  if (/ENOSPC|EDQUOT|No space left|quota exceeded/i.test(text)) {
    return new MaskletError('storage/no-space', `No space left to write ${file}.`, {
      file,
      hint: 'Free some space or write elsewhere.',
      cause,
    });
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only/i.test(text)) {
    return new MaskletError('storage/read-only', `${file} cannot be written: ${text}`, {
      file,
      hint: 'Write to a folder that you may write to.',
      cause,
    });
  }
  return new MaskletError('storage/failed', `${file} cannot be written: ${text}`, { file, cause });
}
