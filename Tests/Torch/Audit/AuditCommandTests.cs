using System.Text;
using System.Text.Json.Nodes;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Audit;

/// <summary><c>Orchestrator audit</c>: a run from its flags to its files.</summary>
public sealed class AuditCommandTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task It_attacks_every_exchange_and_says_what_it_got()
    {
        string output = _folder["all"];
        _folder.Write("model.json", Encoding.UTF8.GetBytes(ModelPresets.Mlp([784, 24, 10]).ToJson()));
        FinishedProgram audit = await RunningCommand.RunOrchestratorAsync(
            "audit", "--dataset", _data, "--model", _folder["model.json"], "--batch_size", "20", "--steps", "0,2", "--visits", "2", "--samples", "100", "--output", output);
        Assert.That(audit.ExitCode, Is.Zero, audit.ToString());
        Assert.That(audit.Errors, Is.Empty);
        JsonNode record = JsonNode.Parse(File.ReadAllText(Path.Combine(output, "audit.json")))!;
        Assert.That(((int)record["format"]!, (int)record["samples"]!, (int)record["batch_size"]!, (string)record["activation"]!), Is.EqualTo((1, 100, 20, "relu")));

        JsonNode[] findings = [.. record["findings"]!.AsArray().OfType<JsonNode>()];
        foreach (string exchange in (string[])["two_phase", "one_phase", "relay"])
        {
            JsonNode[] ofOrchestrator = [.. findings.Where(f => (string)f["exchange"]! == exchange && (string)f["party"]! == "orchestrator")];
            Assert.That(ofOrchestrator.Where(f => (string)f["attack"]! == "labels from Λ").Select(f => (double)f["share"]!), Is.EqualTo((double[])[1, 1]), exchange);
            Assert.That(
                ofOrchestrator.Where(f => (string)f["attack"]! == "least squares, node").Select(f => (int)f["within_one_percent"]!), Has.All.EqualTo(20), exchange);
            Assert.That(findings.Any(f => (string)f["exchange"]! == exchange && (string)f["party"]! == "wire, TLS" && (double)f["p_value"]! > 1e-6), Is.True, exchange);
            Assert.That(audit.Output.Count(l => l.StartsWith($"With {exchange}, 100 % of the labels and ", StringComparison.Ordinal)), Is.EqualTo(1), exchange);
        }

        JsonNode[] ofBlind = [.. findings.Where(f => (string)f["exchange"]! == "blind" && (string)f["party"]! is ("orchestrator" or "wire"))];
        Assert.That(ofBlind.Select(f => (string)f["attack"]!), Is.Not.Empty.And.All.EqualTo("bytes against noise"), "no label, no row");
        Assert.That(ofBlind.Select(f => (double)f["p_value"]!), Has.All.GreaterThan(1e-6), "masked bytes");
        Assert.That(audit.Output, Has.Some.StartsWith("relay, one node: nothing to go by for labels from Λ, "));
        Assert.That(audit.Output, Has.Some.StartsWith("exchange ").And.Some.EqualTo("What to change:").And.Some.EqualTo($"audit: {Path.Combine(output, "audit.html")}"));
        string page = File.ReadAllText(Path.Combine(output, "audit.html"));
        Assert.That(page, Does.Contain("With two_phase, ").And.Contain("<title>recovered</title>").And.Not.Contain("http://localhost"));
    }

    [Test]
    public async Task One_exchange_can_be_attacked_alone_and_a_convolution_too()
    {
        string output = _folder["one"];
        FinishedProgram audit = await RunningCommand.RunOrchestratorAsync(
            "audit", "--dataset", _data, "--exchange", "one_phase", "--model", "lenet5", "--batch_size", "6", "--steps", "0", "--visits", "0", "--output", output);
        Assert.That(audit.ExitCode, Is.Zero, audit.ToString());
        JsonNode[] findings = [.. JsonNode.Parse(File.ReadAllText(Path.Combine(output, "audit.json")))!["findings"]!.AsArray().OfType<JsonNode>()];
        Assert.That(findings.Select(f => (string)f["exchange"]!), Has.All.EqualTo("one_phase"));
        Assert.That(findings.Select(f => (string)f["attack"]!), Does.Contain("labels from Λ").And.Not.Contain("least squares, node"), "the first layer is not linear");
    }

    [TestCase(2, "--steps", "--steps", "2,1")]
    [TestCase(2, "--steps", "--steps", "-1")]
    [TestCase(2, "--exchange", "--exchange", "auto")]
    [TestCase(2, "--dataset none", "--dataset", "none")]
    [TestCase(2, "--cut", "--cut", "auto")]
    [TestCase(2, "use --exchange relay", "--exchange", "two_phase", "--model", "resnet")]
    [TestCase(7, "nowhere", "--dataset", "./nowhere")]
    public async Task What_cannot_be_audited_is_one_line(int exitCode, string part, params string[] flags)
    {
        FinishedProgram audit = await RunningCommand.RunOrchestratorAsync(["audit", "--output", _folder["errors"], .. flags]);
        Assert.That(audit.ExitCode, Is.EqualTo(exitCode), audit.ToString());
        Assert.That(audit.Errors, Has.Length.EqualTo(1));
        Assert.That(audit.Errors[0], Does.StartWith("error: ").And.Contains(part));
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_is_one_line()
    {
        _folder.Write("file", []);
        FinishedProgram audit = await RunningCommand.RunOrchestratorAsync("audit", "--dataset", _data, "--output", _folder["file", "below"]);
        Assert.That((audit.ExitCode, audit.Errors.Length), Is.EqualTo((6, 1)), audit.ToString());
        Assert.That(audit.Errors[0], Does.Contain("another --output"));
    }
}
