using Microsoft.Extensions.Logging;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Options of a worker.</summary>
/// <param name="Host">Host of the study.</param>
/// <param name="Port">Its port.</param>
/// <param name="Name">Its name in the study's tables.</param>
/// <param name="Security">How it authenticates the study and itself.</param>
internal sealed record WorkerOptions(string Host, int Port, string Name, NodeSecurity Security)
{
    /// <summary>The proxy to connect through; <see langword="null"/> for none.</summary>
    public HttpProxy? Proxy { get; init; }

    /// <summary>
    /// The study folder, for a worker on the same machine; <see langword="null"/> without shared access.
    /// </summary>
    public string? StudyFolder { get; init; }

    /// <summary>Folder for the runs of a worker without that access.</summary>
    public string Scratch { get; init; } = string.Empty;

    /// <summary>The node program, for nodes in processes; <see langword="null"/> to locate it.</summary>
    public string? NodeProgram { get; init; }

    /// <summary>Its log; <see langword="null"/> for one in <see cref="Scratch"/>.</summary>
    public string? LogFile { get; init; }

    /// <summary>How long to try to connect to the study, at the start and after a lost connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Directs the worker's own log there; each run has a log of its own.</summary>
    public void ConfigureLog(IProgressView view)
    {
        string path = LogFile ?? Path.Combine(Scratch, "worker.log");
        PrivateFiles.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        Logging.Configure(path, verbose: false, view.WriteLine, LogLevel.Information);
    }
}
