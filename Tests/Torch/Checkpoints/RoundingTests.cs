using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Checkpoints;

/// <summary>A resumed run warns of what may round differently, and of nothing else.</summary>
public sealed class RoundingTests
{
    private static readonly LibTorch Now = new("2.10.0.0", 2, "avx512", "AVX512,STRICT");

    private static IEnumerable<TestCaseData<LibTorch?, string[]>> Before() =>
    [
        new(Now, []),
        new(null, []),
        new(Now with { Threads = 1 }, ["--threads was 1 and is 2 now"]),
        new(
            new LibTorch("2.9.1.0", 2, "avx2", "AVX2,STRICT"),
            ["libtorch was 2.9.1.0 and is 2.10.0.0 now", "the instruction set was avx2 and is avx512 now", "MKL's mode was AVX2,STRICT and is AVX512,STRICT now"]),
    ];

    [TestCaseSource(nameof(Before))]
    public void What_computes_otherwise_than_before_is_named(LibTorch? before, string[] expected)
    {
        using var log = new CapturedLog();
        CheckpointManifest manifest = Runs.Manifest() with { Product = ProductInfo.Version, Computation = before };
        Resumption.WarnOfRounding(manifest, new Dictionary<string, string>(StringComparer.Ordinal), Now, new OrchestratorLog(log.Logger("orchestrator")));
        Assert.That(log.Lines.Select(l => l.Split("] ")[1].Split(": the result")[0]), Is.EqualTo(expected));
    }

    [Test]
    public void A_manifest_keeps_what_it_was_computed_with()
    {
        byte[] bytes = (Runs.Manifest(progress: TrainingProgress.Start with { Steps = 1 }) with { Computation = Now }).ToBytes();
        Assert.That(CheckpointManifest.Parse("manifest.json", bytes).Computation, Is.EqualTo(Now));
    }
}
