using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>libtorch in the real programs: nothing that a user happens to have in the environment changes a result, and a library that is missing is named.</summary>
public sealed class LibTorchProcessTests
{
    private static readonly string[] Hostile =
    [
        "OMP_NUM_THREADS=3", "MKL_NUM_THREADS=4", "OMP_THREAD_LIMIT=1", "MKL_CBWR=COMPATIBLE", "ATEN_CPU_CAPABILITY=default", "ONEDNN_MAX_CPU_ISA=SSE41",
        "MKL_DYNAMIC=TRUE", "OMP_DYNAMIC=TRUE",
    ];

    private static readonly string[] Threads = Selection.First("2", "1");

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task The_environment_does_not_change_a_result([ValueSource(nameof(Threads))] string threads)
    {
        FinishedProgram plain = await TrainAsync([], threads, $"plain{threads}");
        FinishedProgram hostile = await TrainAsync(Hostile, threads, $"hostile{threads}");
        Assert.That(hostile.Hash, Is.EqualTo(plain.Hash));
        Assert.That(Computation($"hostile{threads}"), Is.EqualTo(Computation($"plain{threads}")).And.Contains($"\"threads\": {threads}"));
    }

    [Test]
    public async Task A_library_that_cannot_be_loaded_is_one_line_and_an_exit_code_of_its_own()
    {
        string libraries = Path.GetDirectoryName(_folder.Write(Path.Combine("lib", "libc10.so"), []))!;
        await using RunningProgram orchestrator = RunningProgram.StartOrchestratorIn([$"LD_LIBRARY_PATH={libraries}"], "centralized", "--dataset", _data);
        FinishedProgram end = await orchestrator.EndAsync();
        Assert.That(end.ExitCode, Is.EqualTo((int)ExitCode.Library), end.ToString());
        Assert.That(end.Errors, Has.Length.EqualTo(1));
        Assert.That(end.Errors[0], Does.StartWith("error: libtorch cannot be loaded: ").And.Contains("libc10.so"));
    }

    private async Task<FinishedProgram> TrainAsync(string[] environment, string threads, string name)
    {
        await using RunningProgram program = RunningProgram.StartOrchestratorIn(
            environment,
            "centralized", "--model", "cnn", "--dataset", _data, "--epochs", "1", "--batch_size", "16", "--threads", threads, "--device", "cpu", "--output", _folder[name]);
        FinishedProgram end = await program.EndAsync();
        Assert.That(end.ExitCode, Is.Zero, end.ToString());
        return end;
    }

    private string Computation(string run)
    {
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllBytes(_folder[run, "run.json"]));
        return summary.RootElement.GetProperty("computation").GetRawText();
    }
}
