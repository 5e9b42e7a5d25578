using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Which way a frame goes.</summary>
internal enum Direction
{
    ToOrchestrator,
    ToNode,
}

/// <summary>A frame in the hands of a <see cref="FaultProxy"/>'s policy.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Direction">Which way it goes.</param>
/// <param name="Number">How many of its type and direction came so far, from 1, over all connections.</param>
/// <param name="Bytes">Header, metadata and payload.</param>
/// <param name="Pair">The connections that it goes over.</param>
/// <param name="From">Where it came from.</param>
/// <param name="To">Where it is to go.</param>
internal sealed record ProxiedFrame(MessageType Type, Direction Direction, int Number, byte[] Bytes, ProxiedPair Pair, Socket From, Socket To)
{
    /// <summary>Cancelled when this pair of connections ends.</summary>
    public CancellationTokenSource Ended => Pair.Ended;

    /// <summary>Which step a task or its reply belongs to.</summary>
    public StepId Step
    {
        get
        {
            var metadata = new MetadataMap();
            metadata.Parse(Bytes.AsMemory(FrameHeader.Size, BitConverter.ToInt32(Bytes, 16)));
            return StepId.Read(metadata);
        }
    }

    /// <summary>Passes the whole frame on.</summary>
    public Task ForwardAsync() => SendAsync(Bytes);

    /// <summary>Passes some of its bytes, or others, on.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await Pair.StayWhileSilentAsync();
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await To.SendAsync(bytes, Ended.Token)..];
        }
    }

    /// <summary>Cuts the connection on both sides: in good order, or by a reset that discards what is under way.</summary>
    public async Task CutAsync(bool reset = false)
    {
        if (reset)
        {
            From.LingerState = new LingerOption(enable: true, seconds: 0);
            To.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        await Ended.CancelAsync();
        Ended.Token.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Passes nothing any more, in either direction, and closes nothing: both sides have a connection whose other end is gone without a
    /// word, as after a pulled cable. Ends with the proxy.
    /// </summary>
    public Task GoSilentAsync()
    {
        Pair.IsSilent = true;
        return Pair.StayWhileSilentAsync();
    }
}
