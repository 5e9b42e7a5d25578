using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>The run that <c>--resume</c> refers to.</summary>
/// <param name="RunFolder">The run folder, in which the run continues.</param>
/// <param name="LastStep">Checkpoints of later steps are ignored.</param>
internal sealed record ResumeTarget(string RunFolder, int LastStep)
{
    /// <summary>The value that refers to the newest run.</summary>
    public const string Latest = "latest";

    /// <summary>Resolves the value of <c>--resume</c>.</summary>
    /// <param name="resume">A run folder, one of its checkpoints, or <c>latest</c>: the run of
    /// <paramref name="output"/>, else the newest in <c>runs/</c>.</param>
    /// <param name="output">The run folder, if given too.</param>
    /// <exception cref="UserErrorException">Nothing matches.</exception>
    public static ResumeTarget Resolve(string resume, string? output)
    {
        if (resume == Latest)
        {
            return Whole(output ?? NewestRun());
        }

        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(resume));
        ResumeTarget target = CheckpointStore.StepOf(path) is { } step && Path.GetDirectoryName(Path.GetDirectoryName(path)) is { } folder
            ? new ResumeTarget(folder, step)
            : Whole(path);
        if (output is not null && Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) != target.RunFolder)
        {
            throw new UserErrorException(ExitCode.Usage, $"a resumed run goes on in its own folder; leave out --output {output}");
        }

        return target;
    }

    private static ResumeTarget Whole(string folder) => new CheckpointStore(folder).Steps.Count > 0
        ? new ResumeTarget(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), int.MaxValue)
        : throw new UserErrorException(ExitCode.Data, $"there is no checkpoint in '{folder}'; name a run folder or one of its checkpoints, or start anew without --resume");

    private static string NewestRun()
    {
        IEnumerable<string> runs = Directory.Exists(Folder.RunFolder.DefaultParent) ? Directory.EnumerateDirectories(Folder.RunFolder.DefaultParent) : [];
        return runs
            .Where(run => new CheckpointStore(run).Steps.Count > 0)
            .MaxBy(run => Directory.GetLastWriteTimeUtc(Path.Combine(run, CheckpointStore.FolderName)))
            ?? throw new UserErrorException(
                ExitCode.Data, $"no run in '{Path.GetFullPath(Folder.RunFolder.DefaultParent)}' has a checkpoint; name one with --resume PATH, or start anew without --resume");
    }
}
