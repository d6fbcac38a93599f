import '../workers/loadTurn';
import './onnx/useCudaRuntime';
import { serveInference } from './inferenceServer';
import { OnnxSessions } from './onnx/sessions';

serveInference(new OnnxSessions());
