using System.Threading.Channels;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Support;

/// <summary>Takes every frame with all its tensors, and does what a test wants before the next one is read.</summary>
internal sealed class RecordingHandler : IFrameHandler
{
    private readonly Channel<ReceivedFrame> _received = Channel.CreateUnbounded<ReceivedFrame>();
    private byte[][] _tensors = [];

    /// <summary>Whether a frame is wanted; all are by default.</summary>
    public Func<IncomingFrame, bool> Wanted { get; init; } = static _ => true;

    /// <summary>How long a destination is, given the tensor's length; 0 for none.</summary>
    public Func<long, long> DestinationLength { get; init; } = static length => length;

    /// <summary>Called with each frame, after it was recorded.</summary>
    public Func<ReceivedFrame, CancellationToken, ValueTask> Work { get; init; } = static (_, _) => ValueTask.CompletedTask;

    /// <summary>How many frames came.</summary>
    public int Count => _received.Reader.Count;

    /// <summary>The next frame.</summary>
    public Task<ReceivedFrame> NextAsync() => _received.Reader.ReadAsync().AsTask().Soon();

    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (!Wanted(frame))
        {
            return false;
        }

        _tensors = [.. frame.Tensors.Select(t => new byte[DestinationLength(t.RawLength)])];
        for (int i = 0; i < destinations.Length; i++)
        {
            destinations[i] = _tensors[i];
        }

        return true;
    }

    public async ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        var received = new ReceivedFrame(frame.Type, frame.RequestId, Frames.ReadMessage(frame), frame.Tensors, _tensors);
        Assert.That(_received.Writer.TryWrite(received), Is.True);
        await Work(received, cancellationToken);
    }
}
