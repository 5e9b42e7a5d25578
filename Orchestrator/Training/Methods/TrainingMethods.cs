using TraversalLearning.Data;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// The available training methods. To add one, write an <see cref="ITrainingMethod"/> in its own file and a line here
/// (docs/extending.md).
/// </summary>
internal static class TrainingMethods
{
    /// <summary>The networked methods; the first is the default on the command line.</summary>
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

    /// <summary>Syntax of <c>--algorithm</c>.</summary>
    public static string Usage { get; } = $"{Algorithm.Centralized.Name}|{NamedChoice.UsageOf(All)}";

    /// <summary>The method of a networked algorithm.</summary>
    public static MethodKind Of(Algorithm algorithm) => All.Single(m => string.Equals(m.Name, algorithm.Name, StringComparison.Ordinal));

    /// <summary>Parses a command-line value such as <c>fedavg</c> or <c>fedprox:0.01</c>.</summary>
    /// <exception cref="FormatException">Not a valid value; the message lists the accepted forms.</exception>
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
