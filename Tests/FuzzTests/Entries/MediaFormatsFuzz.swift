import Primitives
import WireFormats

/// Reads `bytes` as every payload format there is; must end without a trap.
func fuzzMediaFormats(_ bytes: UnsafeRawBufferPointer) {
    let payload = bytes.bytes
    if let tag = FrameTag(tail: payload) { _ = tag.age(at: .max) }
    _ = VP8FrameHeader.parse(payload)
    if let (descriptor, count) = VP8PayloadDescriptor.parse(payload) {
        precondition(count < bytes.count)
        withUnsafeTemporaryAllocation(byteCount: VP8PayloadDescriptor.maximumByteCount, alignment: 8) {
            buffer in
            let written = descriptor.write(into: buffer)
            precondition(written == descriptor.byteCount && written > 0)
        }
        var rewriter = VP8DescriptorRewriter()
        _ = rewriter.rewrite(descriptor)
        rewriter.drop(descriptor)
        rewriter.switchSource()
        precondition(rewriter.rewrite(descriptor) != nil)
    }
    if var blocks = REDBlocks(payload) {
        var end = 0
        while let block = blocks.next() {
            precondition(block.offset >= end && block.offset + block.count <= bytes.count)
            end = block.offset + block.count
        }
        precondition(end == bytes.count)
    }
    if let (descriptor, count) = VP9PayloadDescriptor.parse(payload) {
        precondition(count < bytes.count)
        withUnsafeTemporaryAllocation(byteCount: VP9PayloadDescriptor.maximumByteCount, alignment: 8) {
            buffer in
            let written = descriptor.write(into: buffer)
            precondition(written == descriptor.byteCount && written > 0)
        }
        _ = FrameTag(vp9: payload.extracting(count...))
    }
    _ = FrameTag(vp9: payload)
    for columns in 0...3 { _ = VP9FrameHeader.parse(payload, maximumTileColumns: columns) }
    fuzzDependencyDescriptor(payload)
}

private func fuzzDependencyDescriptor(_ payload: RawSpan) {
    let first = DependencyDescriptor.parse(payload, known: nil)
    let again = DependencyDescriptor.parse(payload, known: first?.structure)
    for descriptor in [first, again] {
        guard let descriptor, let known = descriptor.structure ?? first?.structure else { continue }
        guard descriptor.spatialLayer != nil else { continue }
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            let count = descriptor.write(known: known, into: buffer)
            precondition(count > 0)
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let read = DependencyDescriptor.parse(bytes.bytes, known: known)
            precondition(read?.dependencies == descriptor.dependencies)
            precondition(read?.frameNumber == descriptor.frameNumber)
        }
    }
}
