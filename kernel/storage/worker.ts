import '../workers/loadTurn';
import { serveWorker } from '../workers/rpc';
import type { StorageApi } from './api';
import { Store } from './store';

serveWorker<StorageApi>(new Store().handlers());
