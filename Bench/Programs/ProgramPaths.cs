using TraversalLearning.Hosting;

namespace TraversalLearning.Benchmarks.Programs;

/// <summary>Where the programs are that are measured.</summary>
/// <param name="Root">The checkout.</param>
/// <param name="Configuration">Of which build.</param>
/// <param name="Framework">Of which framework.</param>
internal sealed record ProgramPaths(string Root, string Configuration, string Framework)
{
    /// <summary>Debian's, which finds Debian's PyTorch.</summary>
    public const string Python = "/usr/bin/python3";

    public string Orchestrator => Built("Orchestrator");

    public string Node => Built("Node");

    /// <summary>From where this program itself was built to: <c>Bench/bin/&lt;configuration&gt;/&lt;framework&gt;</c>.</summary>
    /// <exception cref="UserErrorException">The others were not built beside it.</exception>
    public static ProgramPaths Find()
    {
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var paths = new ProgramPaths(framework.Parent!.Parent!.Parent!.Parent!.FullName, framework.Parent.Name, framework.Name);
        return File.Exists(paths.Orchestrator) && File.Exists(paths.Node)
            ? paths
            : throw new UserErrorException(ExitCode.Usage, "Orchestrator and Node are not built; run ./bench.sh, or build TraversalLearning.sln first");
    }

    /// <summary>A script for measuring PyTorch.</summary>
    public string Peer(string script) => Path.Combine(Root, "Tests", "Peers", script);

    /// <summary>Whether there is a PyTorch to be measured, with what it takes to run it in several processes.</summary>
    public static async Task<bool> HasPyTorchAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        await using var probe = ChildProcess.Start(Python, ["-c", "import torch.distributed as d; assert d.is_gloo_available(); print('gloo')"]);
        try
        {
            await probe.WaitForLineAsync("gloo", cancellationToken);
            return true;
        }
        catch (UserErrorException)
        {
            return false;
        }
    }

    private string Built(string project) => Path.Combine(Root, project, "bin", Configuration, Framework, project);
}
