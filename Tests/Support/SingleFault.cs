using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Which frame a fault is meant for.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Direction">Which way it goes.</param>
/// <param name="Number">From 1, over all connections.</param>
internal sealed record FrameChoice(MessageType Type, Direction Direction, int Number = 1);

/// <summary>A <see cref="FaultProxy"/>'s policy: one fault strikes one frame, everything else passes.</summary>
internal sealed class SingleFault(FrameChoice choice, Fault fault)
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(60);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProxiedFrame? _held;
    private int _strikes;

    /// <summary>Completes when the frame has come.</summary>
    public Task Begun => _begun.Task;

    /// <summary>How often the fault was carried out: once, if the run was long enough.</summary>
    public int Strikes => Volatile.Read(ref _strikes);

    /// <summary>What becomes of a frame.</summary>
    public async Task PassAsync(ProxiedFrame frame)
    {
        if (IsMeant(frame))
        {
            _begun.TrySetResult();
            await StrikeAsync(frame);
            return;
        }

        await frame.ForwardAsync();
        if (TakeHeld(frame) is { } held)
        {
            await held.ForwardAsync();
            Interlocked.Increment(ref _strikes);
        }
    }

    private bool IsMeant(ProxiedFrame frame)
    {
        lock (_lock)
        {
            // One that is held while its connection ends was not reordered, but lost: then it is the next one's turn.
            bool meant = frame.Type == choice.Type && frame.Direction == choice.Direction && frame.Number >= choice.Number
                && _strikes == 0 && _held is null or { Ended.IsCancellationRequested: true };
            if (meant && fault.Kind == FaultKind.Reorder)
            {
                _held = frame;
            }
            else if (meant)
            {
                _strikes = 1;
            }

            return meant;
        }
    }

    private ProxiedFrame? TakeHeld(ProxiedFrame next)
    {
        lock (_lock)
        {
            ProxiedFrame? held = _held is { } h && h.Pair == next.Pair && h.Direction == next.Direction && h.Type != next.Type ? h : null;
            _held = held is null ? _held : null;
            return held;
        }
    }

    private async Task StrikeAsync(ProxiedFrame frame)
    {
        switch (fault.Kind)
        {
            case FaultKind.Cut or FaultKind.Reset:
                await frame.SendAsync(Part(frame.Bytes));
                await frame.CutAsync(reset: fault.Kind == FaultKind.Reset);
                break;
            case FaultKind.Silence:
                await frame.SendAsync(Part(frame.Bytes));
                await frame.GoSilentAsync();
                break;
            case FaultKind.Corrupt:
                Spoil(frame.Type, frame.Bytes);
                await frame.ForwardAsync();
                break;
            case FaultKind.Delay:
                // The fault itself, not a wait for anything: no outcome depends on its length.
                await Task.Delay(Delay, frame.Ended.Token);
                await frame.ForwardAsync();
                break;
            case FaultKind.Duplicate:
                await frame.SendAsync((byte[])[.. frame.Bytes, .. frame.Bytes]);
                break;
            case FaultKind.Lose or FaultKind.Reorder:
                break;
        }
    }

    private ReadOnlyMemory<byte> Part(byte[] frame) => frame.AsMemory(0, fault.Place switch
    {
        Place.Before => 0,
        Place.Middle => frame.Length / 2,
        Place.After => frame.Length,
        _ => throw new InvalidOperationException($"{fault} cuts nowhere"),
    });

    private void Spoil(MessageType type, byte[] frame)
    {
        int metadata = BitConverter.ToInt32(frame, 16);
        int at = fault.Place switch
        {
            Place.Header => 8,
            Place.Length => 16,
            Place.Metadata => FrameHeader.Size + (metadata / 2),

            // Behind the parameters come the sample indices, where a wrong one would be refused even without a checksum.
            Place.Payload when type == MessageType.ForwardPass => (FrameHeader.Size + metadata + frame.Length) / 2,
            Place.Payload when frame.Length > FrameHeader.Size + metadata => frame.Length - 1,
            _ => throw new InvalidOperationException($"{fault} has no byte"),
        };
        frame[at] ^= 0x40;
    }
}
