using System.Collections.Concurrent;
using System.IO.Pipelines;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>
/// Taps the connections of nodes: parses the bytes that pass, as a peer would, and keeps what the plan says. Frames are
/// those inside TLS, bytes on the network those outside.
/// </summary>
/// <param name="plan">What is kept.</param>
/// <param name="tracks">Follow θ; those of a node see that node's frames alone.</param>
internal sealed class FrameRecorder(RecordingPlan plan, IReadOnlyList<(ParameterTrack Track, int? NodeId)> tracks)
{
    private const int WireBytes = 1 << 20;
    private const int Ahead = 8 * 1024 * 1024;

    private readonly ConcurrentQueue<SeenFrame> _frames = new();
    private readonly ConcurrentBag<Task> _reading = [];
    private readonly TlsPayload _wire = new(WireBytes);

    /// <summary>The frames kept, in the order of time for each node and direction. Complete after <see cref="CompleteAsync"/>.</summary>
    public IReadOnlyList<SeenFrame> Frames => [.. _frames];

    /// <summary>The TLS ciphertext that the first node sent, up to a megabyte.</summary>
    public byte[] Wire => _wire.Bytes;

    /// <summary>The tap of a node.</summary>
    public StreamTap TapOf(int nodeId) => new(
        nodeId == 1 ? socket => new TappedStream(socket, _ => default, OnWire) : socket => socket,
        frames => new TappedStream(frames, Reading(nodeId, toNode: true), Reading(nodeId, toNode: false)));

    /// <summary>Waits for the last frame, once all connections have closed.</summary>
    public Task CompleteAsync() => Task.WhenAll(_reading);

    private ValueTask OnWire(ReadOnlyMemory<byte> bytes)
    {
        _wire.Add(bytes.Span);
        return default;
    }

    private TappedStream.Observer Reading(int nodeId, bool toNode)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2, useSynchronizationContext: false));
        _reading.Add(Task.Run(() => ReadAsync(nodeId, toNode, pipe.Reader.AsStream())));
        return async bytes =>
        {
            if (bytes.IsEmpty)
            {
                await pipe.Writer.CompleteAsync();
            }
            else
            {
                await pipe.Writer.WriteAsync(bytes);
            }
        };
    }

    private async Task ReadAsync(int nodeId, bool toNode, Stream bytes)
    {
        await using Stream owned = bytes;
        var reader = new FrameReader(bytes);
        var limits = new WireLimits(WireLimits.Admission.MaxMetadata, WireLimits.Session.MaxPayload);
        try
        {
            while (await reader.ReadAsync(limits, CancellationToken.None) is { } frame)
            {
                await ReadFrameAsync(nodeId, toNode, reader, frame);
            }
        }
        catch (ProtocolException e) when (e.Error == ProtocolError.Truncated)
        {
            // The connection was cut inside a frame; nobody saw the rest either.
        }
    }

    private async Task ReadFrameAsync(int nodeId, bool toNode, FrameReader reader, IncomingFrame frame)
    {
        (bool isOfStep, StepId step) = (frame.Step is not null, frame.Step ?? default);
        int? batchRows = frame.Type == MessageType.ForwardPass ? frame.Read<ForwardPass>().BatchRows : null;
        (MessageType type, TensorDescriptor[] descriptors) = (frame.Type, [.. frame.Tensors]);
        var kept = new List<SeenTensor>();
        foreach (TensorDescriptor descriptor in descriptors)
        {
            bool isKept = plan.Keeps(step, nodeId, descriptor.Name);
            (ParameterTrack Track, int? NodeId)[] interested = isOfStep && string.Equals(descriptor.Name, TensorNames.Parameters, StringComparison.Ordinal)
                ? [.. tracks.Where(t => (t.NodeId ?? nodeId) == nodeId && t.Track.Wants(step))]
                : [];
            if (!isKept && interested.Length == 0)
            {
                await reader.SkipTensorAsync(descriptor, CancellationToken.None);
                continue;
            }

            byte[] bytes = new byte[descriptor.RawLength];
            await reader.ReadTensorAsync(descriptor, bytes, CancellationToken.None);
            var seen = new SeenTensor(descriptor.Name, descriptor.Type, descriptor.Shape, bytes);
            Array.ForEach(interested, t => t.Track.See(step, batchRows ?? 0, seen.ToDoubles()));
            if (isKept)
            {
                kept.Add(seen);
            }
        }

        if (kept.Count > 0)
        {
            _frames.Enqueue(new SeenFrame(nodeId, toNode, type, step, kept) { BatchRows = batchRows });
        }
    }
}
