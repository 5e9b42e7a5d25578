using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>One run of a comparison.</summary>
/// <param name="Repetition">From 1.</param>
/// <param name="Options">Of the run; the algorithm and the seeds of the repetition are among them.</param>
/// <param name="Arguments">The orchestrator's command line that does this run alone, but for <c>--output</c>.</param>
/// <param name="Given">The same as flags and values, for checkpoints.</param>
internal sealed record PlannedRun(int Repetition, RunOptions Options, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Given)
{
    /// <summary>How it is trained.</summary>
    public Algorithm Algorithm => Options.Algorithm;

    /// <summary>Whether it has nodes.</summary>
    public bool HasNodes => Algorithm != Algorithm.Centralized;

    /// <summary>For people: <c>fedprox:0.01, seed 2</c>.</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Algorithm}, seed {Options.Seed}");

    /// <summary>Its folder's name: <c>fedprox-0.01-seed-2</c>.</summary>
    public string FolderName => string.Create(CultureInfo.InvariantCulture, $"{ShellWords.ToFileName(Algorithm.ToString())}-seed-{Options.Seed}");
}
