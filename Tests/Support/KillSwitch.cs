namespace TraversalLearning.Tests.Support;

/// <summary>Watches the frames of all nodes and kills a process at a <see cref="KillPoint"/>: the policy of every node's proxy.</summary>
/// <param name="checkpoints">The folder in which checkpoints are written.</param>
internal sealed class KillSwitch(string checkpoints)
{
    private const int Watched = 2;

    private readonly Lock _lock = new();
    private Trap? _trap;

    /// <summary>Kills <paramref name="victim"/> at the next frame that <paramref name="point"/> means.</summary>
    /// <returns>Completes when it is dead.</returns>
    public Task Arm(KillPoint point, RunningProgram victim)
    {
        var trap = new Trap(point, victim);
        lock (_lock)
        {
            _trap = trap;
        }

        return trap.Sprung.Task;
    }

    /// <summary>What becomes of a frame of a node.</summary>
    public async Task PassAsync(int node, ProxiedFrame frame)
    {
        Trap? trap = TrapFor(node, frame);
        int passed = trap?.Point.Moment switch
        {
            null or KillMoment.After or KillMoment.Writing => frame.Bytes.Length,
            KillMoment.Middle => frame.Bytes.Length / 2,
            _ => 0,
        };
        await frame.SendAsync(frame.Bytes.AsMemory(0, passed));
        if (trap is null || !IsLast(trap, node))
        {
            return;
        }

        if (trap.Point.Moment == KillMoment.Writing)
        {
            await Waiting.Until(() => Directory.Exists(Path.Combine(checkpoints, "unfinished")));
        }

        await trap.Victim.KillAsync();
        trap.Sprung.SetResult();
        if (passed < frame.Bytes.Length)
        {
            await frame.CutAsync();
        }
    }

    private Trap? TrapFor(int node, ProxiedFrame frame)
    {
        lock (_lock)
        {
            bool meant = _trap is { } trap
                && trap.Point.Type == frame.Type
                && (trap.WaitsForAll || node == Watched)
                && (trap.Point.Step is not { } step || step == StepOf(frame));
            return meant ? _trap : null;
        }
    }

    /// <summary>Whether this frame, which has gone out as far as it is to go, springs the trap; it does so once.</summary>
    private bool IsLast(Trap trap, int node)
    {
        lock (_lock)
        {
            trap.Arrived.Add(node);
            bool last = _trap == trap && (!trap.WaitsForAll || trap.Arrived.Count == trap.Visits);
            _trap = last ? null : _trap;
            return last;
        }
    }

    private static int StepOf(ProxiedFrame frame) => ((frame.Step.Epoch - 1) * ProgramRuns.StepsPerEpoch) + frame.Step.Batch;

    private sealed record Trap(KillPoint Point, RunningProgram Victim)
    {
        public TaskCompletionSource Sprung { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HashSet<int> Arrived { get; } = [];

        /// <summary>How many nodes' frames there will be, where it waits for all.</summary>
        public int Visits { get; } = Point.Step is { } step ? ProgramRuns.VisitsOf(step) : 0;

        public bool WaitsForAll => Point.Moment is KillMoment.After or KillMoment.Writing;
    }
}
