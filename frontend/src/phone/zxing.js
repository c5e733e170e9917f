import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

prepareZXingModule({ overrides: { locateFile: (path, folder) => (path.endsWith('.wasm') ? wasm : folder + path) }, fireImmediately: true })

export const zxing = () => new BarcodeDetector({ formats: ['qr_code'] })
