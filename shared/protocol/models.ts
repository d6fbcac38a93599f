/** Requests about models and CUDA. */
/** A model that there is, on this machine or to be had. */
export interface ModelInfo {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly installed: boolean;
  readonly source: 'built-in' | 'published' | 'imported';
  readonly license?: string;
  /** What to expect of it on the same machine. */
  readonly speed?: 'fastest' | 'fast' | 'medium' | 'slow';
}

/** A model that suits this machine. */
export interface ModelRecommendation {
  readonly id: string;
  /** One line. */
  readonly reason: string;
}

export interface ImportModelParams {
  /** A checkpoint of SAM 2 or EdgeTAM, `.pt` or `.safetensors`. */
  readonly path: string;
  /** Default: made from the file's name. */
  readonly id?: string;
  /** A JSON file with the hyper-parameters that the checkpoint's tensors do not tell; see docs/models.md. */
  readonly config?: string;
}

export interface CudaInstallParams {
  /** A NuGet package that was fetched by other means; default: it is downloaded. */
  readonly archive?: string;
}

export interface CudaInstallResult {
  readonly folder: string;
  /** Of onnxruntime. */
  readonly version: string;
  readonly packageSha512: string;
  /** False for an archive, which is only known to be whole and of the right version. */
  readonly verified: boolean;
}

export interface DownloadProgress {
  readonly bytes: number;
  readonly total: number;
}
