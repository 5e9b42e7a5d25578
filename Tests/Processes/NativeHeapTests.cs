using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>The memory of tensors is kept from step to step, and what is computed in it does not depend on that.</summary>
public sealed partial class NativeHeapTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_step_does_not_take_its_memory_from_the_system_anew_unless_the_user_says_how_memory_is_managed()
    {
        if (!ProcessFigures.Available || !OperatingSystem.IsLinux())
        {
            Assert.Ignore("needs what Linux tells of a process");
        }

        string data = _folder.WriteDataset(train: 256);
        (long kept, string hash) = await TrainAsync(data, "kept");
        (long anew, string hashAnew) = await TrainAsync(data, "anew", "MALLOC_ARENA_TEST=8");
        Assert.Multiple(() =>
        {
            Assert.That(kept, Is.LessThan(anew / 2), "page faults");
            Assert.That(hash, Is.EqualTo(hashAnew), "θ");
        });
    }

    private async Task<(long PageFaults, string Hash)> TrainAsync(string data, string name, params string[] environment)
    {
        await using RunningProgram program = RunningProgram.StartOrchestratorIn(
            environment,
            "centralized", "--model", "cnn", "--dataset", data, "--epochs", "4", "--threads", "1", "--device", "cpu", "--output", _folder[name]);
        long faults = 0;
        while (!program.HasEnded)
        {
            faults = ProcessFigures.PageFaults(program.ProcessId) ?? faults;
            await Task.Delay(10);
        }

        FinishedProgram end = await program.EndAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        return (faults, Hash().Match(string.Join('\n', end.Output)).Value);
    }

    [GeneratedRegex("params_sha256=[0-9a-f]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hash();
}
