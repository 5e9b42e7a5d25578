using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>What an attack claims. Only the scorer knows whether it is true.</summary>
/// <param name="Step">The step that it is about; <see langword="null"/> for the run as a whole.</param>
/// <param name="Of">From which part of what was seen, in a few words; empty for all of it.</param>
internal abstract record Recovered(StepId? Step, string Of);

/// <summary>A class for each of some samples.</summary>
internal sealed record LabelGuess(StepId? Step, string Of, IReadOnlyDictionary<SampleRow, int> Labels) : Recovered(Step, Of);

/// <summary>Samples that are said to have the same class.</summary>
/// <param name="Step">The step.</param>
/// <param name="Of">From what.</param>
/// <param name="Groups">The number of each sample's group.</param>
internal sealed record GroupGuess(StepId? Step, string Of, IReadOnlyDictionary<SampleRow, int> Groups) : Recovered(Step, Of);

/// <summary>The number of rows of each class among those of a batch.</summary>
/// <param name="Step">The step.</param>
/// <param name="Of">From what.</param>
/// <param name="Nodes">The nodes whose rows are counted; empty for all.</param>
/// <param name="Counts">By class.</param>
internal sealed record CountGuess(StepId? Step, string Of, IReadOnlyList<int> Nodes, double[] Counts) : Recovered(Step, Of);

/// <summary>Inputs, normalised as the model takes them.</summary>
/// <param name="Step">The step.</param>
/// <param name="Of">From what.</param>
/// <param name="Nodes">The nodes whose rows they may be; empty for all.</param>
/// <param name="Inputs">Flat, one for each guess.</param>
internal sealed record InputGuess(StepId? Step, string Of, IReadOnlyList<int> Nodes, double[][] Inputs) : Recovered(Step, Of)
{
    /// <summary>The sample that each input is of; <see langword="null"/> if the attack does not say: each true row is then compared with the nearest guess.</summary>
    public IReadOnlyList<SampleRow>? Rows { get; init; }
}

/// <summary>How likely each candidate was trained on; larger for likelier.</summary>
/// <param name="Scores">In the order of <see cref="Candidates"/>.</param>
internal sealed record MemberGuess(double[] Scores) : Recovered(Step: null, Of: string.Empty);

/// <summary>The probability that uniformly random bytes look at least as irregular as those seen.</summary>
/// <param name="Step">The step.</param>
/// <param name="Of">Which bytes.</param>
/// <param name="PValue">From 0 to 1.</param>
internal sealed record NoiseTest(StepId? Step, string Of, double PValue) : Recovered(Step, Of);
