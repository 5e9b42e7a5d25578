using Microsoft.Extensions.Logging;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>How a worker runs.</summary>
/// <param name="Host">Where the study is run.</param>
/// <param name="Port">Its port.</param>
/// <param name="Name">What it is called in the study's tables.</param>
/// <param name="Security">How it knows the study, and makes itself known.</param>
internal sealed record WorkerOptions(string Host, int Port, string Name, NodeSecurity Security)
{
    /// <summary>The study's own folder, for a worker on the same machine; <see langword="null"/> if it has none in common.</summary>
    public string? StudyFolder { get; init; }

    /// <summary>Where a worker without it keeps its runs.</summary>
    public string Scratch { get; init; } = string.Empty;

    /// <summary>The node program, for runs whose nodes are processes; <see langword="null"/> to find it.</summary>
    public string? NodeProgram { get; init; }

    /// <summary>Its log; <see langword="null"/> for one in <see cref="Scratch"/>.</summary>
    public string? LogFile { get; init; }

    /// <summary>For how long the study is looked for, at the start and when it is lost.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Sends the log there, in which the worker speaks of itself; while it does a run, that has a log of its own.</summary>
    public void ConfigureLog(IProgressView view)
    {
        string path = LogFile ?? Path.Combine(Scratch, "worker.log");
        PrivateFiles.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        Logging.Configure(path, verbose: false, view.WriteLine, LogLevel.Information);
    }
}
