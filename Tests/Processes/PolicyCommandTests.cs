using TraversalLearning.Nodes.Policies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>What a site sees of a run before it agrees: <c>policy check</c> and <c>--explain</c>.</summary>
public sealed class PolicyCommandTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public async Task TrainAsync()
    {
        _data = _folder.WriteDataset();
        RunningCommand run = await RunningCommand.StartOrchestratorAsync(
            "--dataset", _data, "--num_nodes", "1", "--epochs", "1", "--batch_size", "16", "--threads", "1", "--device", "cpu", "--port", "0", "--output", _folder["run"]);
        int port = await run.PortAsync();
        FinishedProgram node = await RunningCommand.RunNodeAsync("--node_id", "1", "--num_nodes", "1", "--port", $"{port}", "--dataset", _data, "--threads", "1", "--device", "cpu");
        Assert.That(node.ExitCode, Is.Zero, node.ToString());
        Assert.That((await run.EndAsync()).ExitCode, Is.Zero);
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("min_nodes: 1", 0, "the policy allows it")]
    [TestCase("exchanges: [blind]", 4, "the policy refuses it (policy.exchanges): the exchange is two_phase, and blind is allowed")]
    public async Task A_policy_is_checked_against_the_offer_in_a_run_folder(string policy, int exitCode, string last)
    {
        string file = _folder.Write("policy.yaml", System.Text.Encoding.UTF8.GetBytes(policy));
        foreach (string offer in new[] { _folder["run"], _folder["run", "offer.json"], _folder["run", "run.json"] })
        {
            FinishedProgram check = await RunningCommand.RunNodeAsync("policy", "check", file, "--against", offer);
            Assert.That(check.ExitCode, Is.EqualTo(exitCode), check.ToString());
            Assert.That(check.Output[^1], Does.Contain(last));
        }
    }

    [TestCase("exchange: [blind]", "did you mean 'exchanges'?")]
    [TestCase("min_nodes: many", "policy.yaml:1: min_nodes: takes a whole number")]
    public async Task A_policy_with_an_error_is_one_line(string policy, string message)
    {
        FinishedProgram check = await RunningCommand.RunNodeAsync("policy", "check", _folder.Write("policy.yaml", System.Text.Encoding.UTF8.GetBytes(policy)));
        Assert.That(check.ExitCode, Is.EqualTo(2));
        Assert.That(check.Errors.Single(), Does.Contain(message));
    }

    [Test]
    public async Task What_a_step_would_send_is_printed_and_nothing_is_sent()
    {
        string file = _folder.Write("permissive.yaml", System.Text.Encoding.UTF8.GetBytes(PolicyFile.PermissiveText));
        FinishedProgram explained = await RunningCommand.RunNodeAsync(
            "--node_id", "1", "--num_nodes", "1", "--dataset", _data, "--device", "cpu", "--threads", "1", "--policy", file, "--state_dir", _folder["state"], "--explain", _folder["run"]);
        Assert.That(explained.ExitCode, Is.Zero, explained.ToString());
        Assert.That(explained.Output, Has.Some.Contains("ForwardResult: ").And.Some.Contains("logit gradients").And.Some.EqualTo("nothing has been sent"));
        Assert.That(Directory.Exists(_folder["state"]), Is.False, "there is nothing to record");
    }

    [Test]
    public async Task An_offer_that_is_not_there_is_one_line_that_says_whom_to_ask()
    {
        FinishedProgram check = await RunningCommand.RunNodeAsync("policy", "check", _folder.Write("p.yaml", "min_nodes: 1"u8.ToArray()), "--against", _folder["none.json"]);
        Assert.That(check.ExitCode, Is.EqualTo(2));
        Assert.That(check.Errors.Single(), Does.Contain("ask the orchestrator's operator for the offer.json"));
    }
}
