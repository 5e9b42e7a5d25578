using TraversalLearning.Data;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

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
        Split.Kind,
        SplitFed.Version1,
        SplitFed.Version2,
        Gossip.Kind,
    ];

    /// <summary>How <c>--algorithm</c> may be spelled.</summary>
    public static string Usage { get; } = $"{Algorithm.Centralized.Name}|{NamedChoice.UsageOf(All)}";

    /// <summary>The method of an algorithm over the network.</summary>
    public static MethodKind Of(Algorithm algorithm) => All.Single(m => string.Equals(m.Name, algorithm.Name, StringComparison.Ordinal));

    /// <summary>Reads a text of the command line, such as <c>fedavg</c> or <c>fedprox:0.01</c>.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
    public static Algorithm Parse(string text)
    {
        if (string.Equals(text, Algorithm.Centralized.Name, StringComparison.Ordinal))
        {
            return Algorithm.Centralized;
        }

        (MethodKind kind, double? parameter) = NamedChoice.Parse(text, All, Usage);
        return new Algorithm(kind.Name, parameter);
    }
}
