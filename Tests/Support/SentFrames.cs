using TraversalLearning.Orchestration.Audit;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>All bytes that a node puts on the wire, and the frames that they are.</summary>
internal sealed class SentFrames
{
    private readonly List<MemoryStream> _connections = [];

    /// <summary>To be put around a node's connections.</summary>
    public StreamTap Tap => new(socket => socket, frames =>
    {
        var sent = new MemoryStream();
        _connections.Add(sent);
        return new TappedStream(frames, _ => default, bytes =>
        {
            sent.Write(bytes.Span);
            return default;
        });
    });

    /// <summary>The frames and their lengths, once all connections have ended.</summary>
    public IEnumerable<(ReceivedFrame Frame, long Bytes)> Read()
    {
        foreach (byte[] sent in _connections.Select(c => c.ToArray()))
        {
            int length;
            for (int start = 0; start < sent.Length; start += length)
            {
                Assert.That(FrameHeader.TryParse(sent.AsSpan(start), WireLimits.Session, out FrameHeader header));
                length = FrameHeader.Size + header.MetadataLength + (int)header.PayloadLength;
                yield return (Frames.Read(sent[start..(start + length)])!, length);
            }
        }
    }
}
