using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>One run of a comparison.</summary>
/// <param name="Repetition">From 1.</param>
/// <param name="Options">The run's options, with the algorithm and the seeds of the repetition.</param>
/// <param name="Arguments">The orchestrator's command line for this run alone, without <c>--output</c>.</param>
/// <param name="Given">The same as flags and values, for checkpoints.</param>
internal sealed record PlannedRun(int Repetition, RunOptions Options, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Given)
{
    public Algorithm Algorithm => Options.Algorithm;

    /// <summary>Whether it trains on nodes.</summary>
    public bool HasNodes => Algorithm != Algorithm.Centralized;

    /// <summary>For display: <c>fedprox:0.01, seed 2</c>.</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Algorithm}, seed {Options.Seed}");

    /// <summary>The name of its folder: <c>fedprox-0.01-seed-2</c>.</summary>
    public string FolderName => string.Create(CultureInfo.InvariantCulture, $"{ShellWords.ToFileName(Algorithm.ToString())}-seed-{Options.Seed}");
}
