import fs from 'node:fs';

/**
 * Linux's magic numbers (statfs(2), linux/magic.h) of file systems on which the processes of one machine share
 * memory-mapped files and locks, as SQLite's write-ahead log needs.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x3153464a, // jfs
  0x52654973, // reiserfs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs
  0xf15f, // ecryptfs
  0x7366746e, // ntfs3
  0x5346544e, // ntfs
  0x2011bab0, // exfat
  0x4d44, // fat
]);

/** True where the type number is known to be a local file system; everything else counts as a network. */
export function isLocalType(type: number, platform: NodeJS.Platform = process.platform): boolean {
  // Elsewhere the number is absent or assigned at boot.
  return platform === 'linux' && LOCAL_TYPES.has(type >>> 0);
}

/** Whether `folder` lies on a local disk; false where that cannot be found out. */
export function isLocalFileSystem(folder: string): boolean {
  try {
    return isLocalType(fs.statfsSync(folder).type);
  } catch {
    return false;
  }
}
