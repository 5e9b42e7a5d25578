using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>Standard output that takes nothing: a run goes on without its lines, a command whose lines are its result says so.</summary>
[Platform("Linux")]
public sealed class FullDiskProcessTests
{
    private readonly TempFolder _folder = new();
    private string _data = null!;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_ends_as_if_somebody_had_read_it()
    {
        FinishedProgram run = await RunningProgram.RunOrchestratorIntoFullDiskAsync(
            "centralized", "--dataset", _data, "--epochs", "2", "--batch_size", "50", "--threads", "1", "--no-accel", "--output", _folder["run"]);
        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, Array.Empty<string>())), run.ToString());
        Assert.That(File.Exists(_folder["run", "run.json"]), Is.True);
        foreach (string[] command in (string[][])[["predict"], ["evaluate"]])
        {
            FinishedProgram asked = await RunningProgram.RunOrchestratorIntoFullDiskAsync([.. command, "--model_dir", _folder["run"], "--dataset", _data, "--threads", "1"]);
            Assert.That(asked.ExitCode, Is.EqualTo(6), asked.ToString());
            Assert.That(asked.Errors, Has.Length.EqualTo(1).And.One.StartsWith("error: cannot write to standard output: No space left on device"));
        }
    }

    [Test]
    public async Task Verify_that_has_nothing_left_to_compare_is_no_defect_and_no_difference()
    {
        FinishedProgram verify = await RunningProgram.RunOrchestratorAsync(
            "verify", "--dataset", _data, "--num_nodes", "2", "--optimizer", "sgd", "--lr", "1e30", "--threads", "1", "--no-accel");
        Assert.That(verify.ExitCode, Is.EqualTo(6), verify.ToString());
        Assert.That(verify.Errors[^1], Does.StartWith("error: there is nothing to compare any more: node "));
    }
}
