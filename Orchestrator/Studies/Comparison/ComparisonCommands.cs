using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Crews;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>The commands that do one run of a comparison alone: it ends with the same parameters, to the bit.</summary>
internal static class ComparisonCommands
{
    /// <summary>The orchestrator's, but for <c>--output</c>.</summary>
    public static string Orchestrator(PlannedRun run) => ShellWords.DotnetRun("Orchestrator", run.Arguments);

    /// <summary>That of the first node; the others have their own <c>--node_id</c>.</summary>
    public static string Node(PlannedRun run) => ShellWords.DotnetRun("Node", NodeCommandLine.Of(run.Options, nodeId: 1));
}
