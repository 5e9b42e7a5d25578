using System.Security.Cryptography;
using System.Text.Json;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Training that starts from given weights: as if they had been put into the model by hand.</summary>
internal sealed class StartingWeightsTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;
    private string _weights = string.Empty;

    [OneTimeSetUp]
    public async Task TrainAsync()
    {
        _data = _folder.WriteDataset();
        FinishedProgram run = await CentralizedAsync("first", "--epochs", "1");
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        _weights = _folder["first", ModelFile.FileName];
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase(ElementType.Float32, "tl")]
    [TestCase(ElementType.Float64, "tl")]
    [TestCase(ElementType.Float32, "fedavg")]
    public async Task A_run_goes_on_from_weights_as_from_those_put_in_by_hand(ElementType type, string algorithm)
    {
        var options = new ClusterOptions { Type = type, Algorithm = algorithm };
        string first = _folder[$"{type}-{algorithm}"];
        Directory.CreateDirectory(first);
        await Runs.CentralAsync(options with { Algorithm = "centralized", Seed = 3 }, first, epochs: 1);
        string file = Path.Combine(first, ModelFile.FileName);

        string started = await TrainAsync(options with { Start = StartingWeights.Of(file, partial: false) });
        Assert.That(started, Is.EqualTo(await TrainAsync(options, model => ModelFile.Read(file, model.Parameters))));
        Assert.That(started, Is.Not.EqualTo(await TrainAsync(options)));
    }

    [Test]
    public async Task A_run_says_what_it_started_from_and_its_checkpoints_hold_it_to_that()
    {
        byte[] bytes = await File.ReadAllBytesAsync(_weights);
        string file = _folder.Write("given/weights.safetensors", bytes);
        FinishedProgram straight = await CentralizedAsync("straight", "--epochs", "2", "--init", file);
        Assert.That(straight.ExitCode, Is.Zero, straight.ToString());
        Assert.That(straight.Output, Has.Some.Contains($"starting from {file}: 8 of the model's 8 tensors"));
        JsonElement options = Options("straight");
        Assert.That(options.GetProperty("init").GetString(), Is.EqualTo(file));
        Assert.That(options.GetProperty("init_sha256").GetString(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(bytes))));

        FinishedProgram begun = await CentralizedAsync("begun", "--epochs", "1", "--init", file);
        Assert.That(begun.ExitCode, Is.Zero, begun.ToString());
        string other = _folder.Write("given/other.safetensors", [.. bytes[..^1], 1]);
        AssertError(await ResumeAsync("begun", "--init", other), 2, "--init was sha256:", "leave --init out");
        AssertError(await ResumeAsync("begun", "--init_partial"), 2, "--init_partial was not there");

        File.Delete(file);
        FinishedProgram resumed = await ResumeAsync("begun");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Hash, Is.EqualTo(straight.Hash));
        Assert.That(Options("begun").GetProperty("init_sha256").GetString(), Is.EqualTo(options.GetProperty("init_sha256").GetString()));
        FinishedProgram plain = await CentralizedAsync("plain", "--epochs", "1");
        Assert.That(plain.Hash, Is.Not.EqualTo(begun.Hash));
        AssertError(await ResumeAsync("plain", "--init", _weights), 2, "--init was not there");
    }

    [Test]
    public async Task Weights_that_do_not_fit_are_said_in_one_line_and_a_part_of_them_is_taken_where_that_will_do()
    {
        AssertError(
            await CentralizedAsync("misfit", "--model", "lenet5", "--init", _weights),
            7,
            "does not fit the model 'lenet5': of another shape: fc1.weight F32[256, 784] for F32[120, 400], fc1.bias F32[256] for F32[120]",
            "missing: conv1.weight",
            "not in the model: fc4.weight, fc4.bias; add --init_partial to take what fits");
        AssertError(await CentralizedAsync("misfit2", "--model", "lenet5", "--init", _weights, "--init_partial"), 7, "nothing in it fits");
        AssertError(await CentralizedAsync("misfit3", "--init", _folder["nowhere"]), 7, "there is no such file");
        AssertError(await CentralizedAsync("misfit4", "--init", _folder.Write("given/text", [1, 2, 3])), 7, "--init: ", "truncated");

        string model = _folder.Write("given/wider.json", System.Text.Encoding.UTF8.GetBytes(ModelPresets.Mlp([784, 256, 128, 64, 10]).ToJson()
            .Replace("fc4", "head", StringComparison.Ordinal)));
        FinishedProgram partial = await CentralizedAsync("partial", "--epochs", "1", "--model", model, "--init", _weights, "--init-partial");
        Assert.That(partial.ExitCode, Is.Zero, partial.ToString());
        Assert.That(partial.Output, Has.Some.Contains("6 of the model's 8 tensors; missing: head.weight, head.bias; not in the model: fc4.weight, fc4.bias"));
        Assert.That(Options("partial").GetProperty("init_partial").GetBoolean(), Is.True);
    }

    [Test]
    public async Task Verify_starts_from_them_too()
    {
        FinishedProgram verified = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", _data, "--steps", "3", "--dtype", "float64", "--init", _weights, "--threads", "1", "--no-accel");
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
        Assert.That(verified.Output, Has.Some.EqualTo($"starting from {_weights}: 8 of the model's 8 tensors"));
        Assert.That(verified.Output[^1], Does.EndWith(" ok"));
    }

    private static async Task<string> TrainAsync(ClusterOptions options, Action<ModelManager>? byHand = null)
    {
        await using var cluster = new TestCluster(options);
        byHand?.Invoke(cluster.Session.Model);
        cluster.StartAllNodes();
        return (await cluster.TrainByMethodAsync(epochs: 2)).Hash;
    }

    private static void AssertError(FinishedProgram program, int exitCode, params string[] parts)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1), program.ToString());
        Assert.That(parts.Where(p => !program.Errors[0].Contains(p, StringComparison.Ordinal)), Is.Empty, program.Errors[0]);
    }

    private Task<FinishedProgram> CentralizedAsync(string output, params string[] flags) => RunningCommand.RunOrchestratorAsync(
        ["centralized", "--dataset", _data, "--batch_size", "16", "--threads", "1", "--no-accel", "--output", _folder[output], .. flags]);

    private Task<FinishedProgram> ResumeAsync(string output, params string[] flags) =>
        RunningCommand.RunOrchestratorAsync(["centralized", "--resume", _folder[output], "--epochs", "2", .. flags]);

    private JsonElement Options(string run)
    {
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllBytes(_folder[run, "run.json"]));
        return summary.RootElement.GetProperty("options").Clone();
    }
}
