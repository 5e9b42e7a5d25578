using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A run that chooses its cut and exchange is the run that is told them.</summary>
public sealed partial class SplitTrialsCommandTests
{
    [Test]
    public async Task A_run_that_tries_first_ends_with_the_bytes_of_the_run_that_names_its_choice()
    {
        using ProgramRuns programs = await ProgramRuns.CreateAsync();
        FinishedProgram tried = await RunAsync(programs, epochs: 2, "auto", "--cut", "auto", "--exchange", "auto");
        Match chosen = Chosen().Match(tried.ToString());
        Assert.That(chosen.Success, tried.ToString());
        Assert.That(Tried().Count(tried.ToString()), Is.EqualTo(21), "seven cuts, three exchanges");

        FinishedProgram told = await RunAsync(
            programs, epochs: 2, "told", "--cut", chosen.Groups["cut"].Value, "--exchange", chosen.Groups["exchange"].Value);
        Assert.That(tried.Hash, Is.EqualTo(told.Hash));

        // The same flags again go on with what was chosen then.
        FinishedProgram resumed = await RunAsync(programs, epochs: 3, "auto", "--cut", "auto", "--exchange", "auto", "--resume", "latest");
        FinishedProgram longer = await RunAsync(programs, epochs: 3, "told", "--resume", "latest");
        Assert.That(Tried().Count(resumed.ToString()), Is.Zero);
        Assert.That(resumed.Hash, Is.EqualTo(longer.Hash).And.Not.EqualTo(tried.Hash));
    }

    private static async Task<FinishedProgram> RunAsync(ProgramRuns programs, int epochs, string output, params string[] flags)
    {
        string[] common = [.. programs.Flags];
        common[Array.IndexOf(common, "--epochs") + 1] = $"{epochs}";
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. common, "--port", "0", "--output", programs.Folder[output], .. flags]);
        int port = await orchestrator.PortAsync();
        await using RunningCommand node1 = programs.StartNodeHere(1, port);
        await using RunningCommand node2 = programs.StartNodeHere(2, port);
        await using RunningCommand node3 = programs.StartNodeHere(3, port);
        FinishedProgram ended = await orchestrator.EndAsync();
        foreach (RunningCommand node in new[] { node1, node2, node3 })
        {
            Assert.That((await node.EndAsync()).ExitCode, Is.Zero);
        }

        return ended;
    }

    [GeneratedRegex(@"chosen as the fastest: --cut (?<cut>\S+) --exchange (?<exchange>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Chosen();

    [GeneratedRegex(@"--cut \S+ --exchange \S+: [0-9.]+ ms a step", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tried();
}
