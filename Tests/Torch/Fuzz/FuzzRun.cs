namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>An input with which a decoder did what it must not.</summary>
internal sealed record FuzzFinding(FuzzTarget Target, ulong Seed, long Iteration, byte[] Input, string What)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"""
        {Target.Name}: {What}
        seed {Seed}, iteration {Iteration}, {Input.Length} bytes. To keep it as a regression case:
        echo {Convert.ToHexString(Input)} > Tests/Torch/Fuzz/Regressions/{Target.Name}/NAME.hex
        """;
}

/// <summary>Runs one target. Every iteration is a function of seed and iteration; a run ends with its first finding.</summary>
internal sealed class FuzzRun(FuzzTarget target, ulong seed)
{
    private byte[] _input = [];

    /// <summary>The iteration that is under way.</summary>
    public long Iteration { get; private set; }

    /// <summary>Inputs that were accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Inputs that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Why, by kind.</summary>
    public HashSet<string> Refusals { get; } = [];

    /// <summary>The most bytes that one input allocated.</summary>
    public long MostAllocated { get; private set; }

    /// <summary>Checks one input.</summary>
    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public static string? Check(FuzzTarget target, byte[] input) => new FuzzRun(target, 0).Check(input);

    /// <summary>What is known where the run does not come back: the input that it is at.</summary>
    public FuzzFinding Stuck() => new(target, seed, Iteration, _input, "does not end");

    /// <summary>Runs until a finding, or as long as <paramref name="goOn"/> says.</summary>
    public FuzzFinding? Run(Func<long, bool> goOn, LastInput? last = null)
    {
        for (; goOn(Iteration); Iteration++)
        {
            _input = target.NewInput(new FuzzRandom(seed, Iteration));
            last?.Keep(_input);
            if (Check(_input) is { } what)
            {
                return new FuzzFinding(target, seed, Iteration, _input, what);
            }
        }

        return null;
    }

    private string? Check(byte[] input)
    {
        long allocated = 0;

        // What is allocated once in a process (a type's statics, a pool's first array) is gone the second time.
        for (int tries = 0; tries < 3; tries++)
        {
            Exception? thrown = null;
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                target.Consume(input);
            }
            catch (Exception e)
            {
                thrown = e;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            string? refusal = thrown is null ? null : target.KindOfRefusal(thrown);
            if (thrown is not null && refusal is null)
            {
                return thrown.ToString();
            }

            if (allocated <= target.MaxAllocation(input))
            {
                Count(refusal, allocated);
                return null;
            }
        }

        return $"allocates {allocated} bytes, over the limit of {target.MaxAllocation(input)}";
    }

    private void Count(string? refusal, long allocated)
    {
        MostAllocated = Math.Max(MostAllocated, allocated);
        if (refusal is null)
        {
            Accepted++;
        }
        else
        {
            Refused++;
            Refusals.Add(refusal);
        }
    }
}
