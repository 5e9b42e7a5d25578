namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A decoder under test: valid samples, how to spoil them, and what it may do with what comes out.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Names the target in findings, and its folder of regression cases.</summary>
    public abstract string Name { get; }

    /// <summary>Iterations of the short run: some seconds.</summary>
    public abstract int ShortRun { get; }

    /// <summary>Valid inputs; each must be accepted as it stands.</summary>
    public abstract IReadOnlyList<byte[]> Corpus { get; }

    /// <summary>An input made of the corpus.</summary>
    public virtual byte[] NewInput(FuzzRandom random)
    {
        byte[] input = random.Pick(Corpus);
        for (int changes = random.OneIn(2) ? 1 : random.Next(2, 6); changes > 0; changes--)
        {
            input = Mutate(input, random);
        }

        return input;
    }

    /// <summary>Decodes an input that is accepted; anything wrong with what comes out is an exception of any other kind than a refusal.</summary>
    public abstract void Consume(byte[] input);

    /// <summary>Why the decoder refused, by kind; <see langword="null"/> where this is not its one exception.</summary>
    public abstract string? KindOfRefusal(Exception e);

    /// <summary>Kinds of refusal that even a short run meets; otherwise the changes do not reach far enough.</summary>
    public virtual IReadOnlyList<string> ExpectedRefusals => [];

    /// <summary>The most bytes that this input may make the decoder allocate, over all, what it lets go of included.</summary>
    public abstract long MaxAllocation(byte[] input);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>
    /// What a task gives. Blocks, where tests await: all of <see cref="Consume"/> stays on one thread, because a thread is what the runtime counts
    /// allocations for. There is nothing to wait for but the end of a connection's heartbeats.
    /// </summary>
    protected static T Finish<T>(Task<T> task) => task.GetAwaiter().GetResult();

    /// <inheritdoc cref="Finish{T}"/>
    protected static void Finish(Task task) => task.GetAwaiter().GetResult();

    /// <summary>One change to an input.</summary>
    protected virtual byte[] Mutate(byte[] input, FuzzRandom random) => ByteMutations.Apply(input, random, Corpus);
}
