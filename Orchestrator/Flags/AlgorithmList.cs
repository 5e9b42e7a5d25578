using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Algorithms to be compared, as <c>--algorithms</c> spells them: <c>centralized,tl,fedprox:0.01</c>.</summary>
/// <param name="Algorithms">At least one, no two the same.</param>
internal sealed record AlgorithmList(IReadOnlyList<Algorithm> Algorithms)
{
    /// <summary>What is compared where nothing is named.</summary>
    public static AlgorithmList Default { get; } = Parse("centralized,tl,fedavg");

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
    public static AlgorithmList Parse(string text)
    {
        Algorithm[] algorithms = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(ParseOne)];
        return algorithms.Distinct().Count() == algorithms.Length ? new AlgorithmList(algorithms) : throw new FormatException("every algorithm once");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Algorithms);

    private static Algorithm ParseOne(string text)
    {
        try
        {
            return TrainingMethods.Parse(text);
        }
        catch (FormatException e)
        {
            throw new FormatException($"algorithms with commas between, {e.Message} where it has '{text}'", e);
        }
    }
}
