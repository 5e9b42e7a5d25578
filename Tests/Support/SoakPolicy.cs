using System.Collections.Concurrent;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Carries a plan's faults out at the proxy of one node.</summary>
/// <param name="node">Whose proxy.</param>
/// <param name="plan">The faults of all nodes.</param>
/// <param name="restart">Kills the node and starts it again.</param>
internal sealed class SoakPolicy(int node, IEnumerable<PlannedFault> plan, Func<int, Task> restart)
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(30);

    private readonly Dictionary<(MessageType Type, int Number), PlannedFault> _faults =
        plan.Where(f => f.Node == node).DistinctBy(f => (f.Type, f.Number)).ToDictionary(f => (f.Type, f.Number));

    private readonly ConcurrentDictionary<int, CancellationTokenSource> _silent = new();

    /// <summary>Faults carried out so far.</summary>
    public ConcurrentQueue<PlannedFault> Done { get; } = new();

    /// <summary>What becomes of a frame.</summary>
    public async Task PassAsync(ProxiedFrame frame)
    {
        if (frame.Type == MessageType.Welcome)
        {
            await ForgetSilentAsync();
        }

        if (_silent.ContainsKey(frame.Pair.Number))
        {
            await HoldAsync(frame);
        }

        if (!_faults.TryGetValue((frame.Type, frame.Number), out PlannedFault? planned))
        {
            await frame.ForwardAsync();
            return;
        }

        Done.Enqueue(planned);
        await DoAsync(frame, planned);
    }

    private static async Task HoldAsync(ProxiedFrame frame) => await Task.Delay(Timeout.Infinite, frame.Ended.Token);

    private async Task DoAsync(ProxiedFrame frame, PlannedFault planned)
    {
        int at = (int)(planned.At * frame.Bytes.Length);
        switch (planned.Fault)
        {
            case SoakFault.Cut or SoakFault.Reset:
                await frame.SendAsync(frame.Bytes.AsMemory(0, at));
                await frame.CutAsync(reset: planned.Fault == SoakFault.Reset);
                break;
            case SoakFault.Silence:
                _silent[frame.Pair.Number] = frame.Ended;
                await HoldAsync(frame);
                break;
            case SoakFault.Corrupt:
                frame.Bytes[at] ^= 0x10;
                await frame.ForwardAsync();
                break;
            case SoakFault.Delay:
                await Task.Delay(Delay, frame.Ended.Token);
                await frame.ForwardAsync();
                break;
            case SoakFault.Duplicate:
                await frame.SendAsync((byte[])[.. frame.Bytes, .. frame.Bytes]);
                break;
            case SoakFault.Kill:
                await restart(node);
                await frame.CutAsync();
                break;
        }
    }

    /// <summary>The node has another connection: what is left of the silent ones may go, or they would be held here for ever.</summary>
    private async Task ForgetSilentAsync()
    {
        foreach ((int connection, CancellationTokenSource ended) in _silent)
        {
            _silent.TryRemove(connection, out _);
            try
            {
                await ended.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // One side has noticed by itself.
            }
        }
    }
}
