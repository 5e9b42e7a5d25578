using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// The algorithms to compare, in the syntax of <c>--algorithms</c>: <c>centralized,tl,fedprox:0.01</c>.
/// </summary>
/// <param name="Algorithms">At least one, without duplicates.</param>
internal sealed record AlgorithmList(IReadOnlyList<Algorithm> Algorithms)
{
    /// <summary>The default list.</summary>
    public static AlgorithmList Default { get; } = Parse("centralized,tl,fedavg");

    /// <summary>Parses a list.</summary>
    /// <exception cref="FormatException">Not a valid list; the message lists the accepted forms.</exception>
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
