using System.Globalization;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Methods;

/// <summary>The methods that there are. Another one is a file with an <see cref="ITrainingMethod"/> and a line here (docs/extending.md).</summary>
internal static class TrainingMethods
{
    /// <summary>All over the network; the first is the default of the command line.</summary>
    public static IReadOnlyList<MethodKind> All { get; } =
    [
        Traversal.Kind,
        FedAvg.Kind,
        FedAvg.Proximal,
        FedSgd.Kind,
    ];

    /// <summary>How <c>--algorithm</c> may be spelled.</summary>
    public static string Usage { get; } = string.Join('|', All.Select(m => m.Usage).Prepend(Algorithm.Centralized.Name));

    /// <summary>The method of an algorithm over the network.</summary>
    public static MethodKind Of(Algorithm algorithm) => All.Single(m => string.Equals(m.Name, algorithm.Name, StringComparison.Ordinal));

    /// <summary>Reads a text of the command line, such as <c>fedavg</c> or <c>fedprox:0.01</c>.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
    public static Algorithm Parse(string text)
    {
        string[] words = text.Split(':', 2);
        if (string.Equals(text, Algorithm.Centralized.Name, StringComparison.Ordinal))
        {
            return Algorithm.Centralized;
        }

        MethodKind kind = All.FirstOrDefault(m => string.Equals(m.Name, words[0], StringComparison.Ordinal))
            ?? throw new FormatException($"one of {Usage}");
        if (kind.Parameter is not { } parameter)
        {
            return words.Length == 1 ? new Algorithm(kind.Name) : throw new FormatException($"{kind.Name} without a number");
        }

        return words.Length == 2
            && double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= parameter.Min
            && value <= parameter.Max
                ? new Algorithm(kind.Name, value)
                : throw new FormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kind.Usage} with a number from {parameter.Min} to {parameter.Max}, such as {kind.Name}:{parameter.Example}"));
    }
}
