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
    let first = DependencyDescriptor.parse(payload, known: nil)
    _ = DependencyDescriptor.parse(payload, known: first?.structure)
}
