using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>Batch-norm and dropout with the real programs: exact behind a relay, refused elsewhere, marked where that is wanted all the same.</summary>
public sealed class ExactnessProcessTests
{
    private readonly TempFolder _folder = new();
    private string _data = null!;

    private string[] Common =>
        ["--dataset", _data, "--num_nodes", "2", "--epochs", "1", "--batch_size", "16", "--model", _folder["coupled.json"], "--dtype", "float64", "--threads", "1", "--device", "cpu"];

    [OneTimeSetUp]
    public void WriteData()
    {
        _data = _folder.WriteDataset();
        var model = new ModelDescription(
            "coupled",
            [784],
            10,
            [
                new LinearLayer("fc1", 784, 24), new BatchNormLayer("bn", 24), new ReluLayer("relu"), new DropoutLayer("dropout", 0.3),
                new LinearLayer("fc2", 24, 10),
            ]);
        _folder.Write("coupled.json", Encoding.UTF8.GetBytes(model.ToJson()));
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Behind_a_relay_parameters_and_running_statistics_are_those_of_centralized_training()
    {
        FinishedProgram centralized = await RunningCommand.RunOrchestratorAsync(["centralized", .. Common, "--output", _folder["central"]]);
        Assert.That(centralized.ExitCode, Is.Zero, centralized.ToString());
        FinishedProgram traversal = await TrainAsync("relay", "--exchange", "relay");
        Assert.That(traversal.Final, Does.Not.Contain("lossy"));

        using var expected = SafetensorsReader.Open(Path.Combine(_folder["central"], "model.safetensors"));
        using var actual = SafetensorsReader.Open(Path.Combine(_folder["relay"], "model.safetensors"));
        Assert.That(actual.Tensors.Select(t => t.Name), Is.EqualTo(expected.Tensors.Select(t => t.Name)).And.Contains("bn.running_var"));
        foreach ((SafetensorsEntry ours, SafetensorsEntry theirs) in actual.Tensors.Zip(expected.Tensors).Where(t => t.First.Dtype == "F64"))
        {
            double[] values = MemoryMarshal.Cast<byte, double>(actual.Read(ours)).ToArray();
            Assert.That(values, Is.EqualTo(MemoryMarshal.Cast<byte, double>(expected.Read(theirs)).ToArray()).Within(1e-9), ours.Name);
        }
    }

    [Test]
    public async Task Batches_of_one_row_are_refused_before_they_come_and_left_out_where_nobody_knew()
    {
        // 150 samples.
        string[] few = [.. Common.Select(f => f == "16" ? "3" : f), "--exchange", "relay"];
        FinishedProgram refused = await RunningCommand.RunOrchestratorAsync(["centralized", .. Common.Select(f => f == "16" ? "149" : f), "--output", _folder["one"]]);
        Assert.That((refused.ExitCode, string.Join('\n', refused.Errors)), Is.EqualTo((
            2, "error: layer 'bn' normalises over the rows of a batch, and of the run's 150 samples one row is left for the last batch; give --last_batch drop, or another --batch_size such as 150")));
        FinishedProgram dropped = await RunningCommand.RunOrchestratorAsync(["centralized", .. Common.Select(f => f == "16" ? "149" : f), "--last_batch", "drop", "--output", _folder["drop"]]);
        Assert.That(dropped.ExitCode, Is.Zero, dropped.ToString());
        Assert.That(dropped.Final, Does.Contain(" steps=1 "));
        Assert.That(await File.ReadAllTextAsync(_folder["drop", "run.json"]), Does.Contain("\"last_batch\": \"drop\""));

        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            [.. few, "--port", "0", "--output", _folder["shrunk"], "--on_node_loss", "skip", "--availability", "{all: p_available=0.5}"]);
        int port = await orchestrator.PortAsync();
        await using RunningCommand nodes = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", "2", "--num_nodes", "2", "--port", $"{port}", "--dataset", _data, "--threads", "1", "--device", "cpu");
        FinishedProgram shrunk = await orchestrator.EndAsync();
        Assert.That((shrunk.ExitCode, (await nodes.EndAsync()).ExitCode), Is.EqualTo((0, 0)), $"{shrunk}\n{nodes.Transcript}");
        Assert.That(shrunk.Output, Has.Some.Contains("is skipped: one row is left of it, and layer 'bn' normalises over the rows of a batch"));
        Assert.That(shrunk.Final, Does.Contain(" lossy=1 skipped_rows="));
    }

    [Test]
    public async Task Elsewhere_it_is_refused_in_one_line_and_nothing_is_begun()
    {
        FinishedProgram refused = await RunningCommand.RunOrchestratorAsync([.. Common, "--output", _folder["refused"]]);
        Assert.That(refused.ExitCode, Is.EqualTo(2), refused.ToString());
        Assert.That(refused.Errors, Has.Length.EqualTo(1));
        Assert.That(refused.Errors[0], Does.StartWith("error: layer 'bn' needs all rows").And.Contains("use --exchange relay; --allow_lossy"));
        Assert.That(Directory.Exists(_folder["refused"]), Is.False);
    }

    [Test]
    public async Task Where_it_is_wanted_all_the_same_the_run_says_so()
    {
        FinishedProgram lossy = await TrainAsync("lossy", "--allow_lossy");
        Assert.That(lossy.Final, Does.Contain(" lossy=1"));
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder["lossy"], "run.json")));
        JsonElement result = summary.RootElement.GetProperty("result");
        Assert.That(result.GetProperty("lossy").GetBoolean(), Is.True);
        Assert.That(result.GetProperty("lossy_because").GetString(), Does.StartWith("layer 'bn' needs all rows"));
    }

    private async Task<FinishedProgram> TrainAsync(string output, params string[] flags)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Common, "--port", "0", "--output", _folder[output], .. flags]);
        string port = $"{await orchestrator.PortAsync()}";

        // In a process of their own: the orchestrator's dropout draws from the generator that nodes here would draw their models from.
        await using RunningProgram nodes = RunningProgram.StartNode(
            "--node_id", "1", "--virtual_nodes", "2", "--num_nodes", "2", "--dataset", _data, "--port", port, "--threads", "1", "--device", "cpu");
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        return ended;
    }
}
