using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Training;

/// <summary>Batches of one row, where a layer has nothing to normalise over: said before training, and left out where nobody could know.</summary>
internal sealed class BatchSizesTests
{
    private static readonly ModelDescription Normalised = new(
        "normalised", [64], 10, [new LinearLayer("fc1", 64, 12), new BatchNormLayer("bn", 12), new LinearLayer("fc2", 12, 10)]);

    private readonly CapturedLog _log = new();

    private static RunOptions Options(string algorithm, int batchSize, LastBatch lastBatch = LastBatch.Keep, Exchange exchange = Exchange.Relay) =>
        new ClusterOptions { Model = Normalised, Algorithm = algorithm, BatchSize = batchSize, Exchange = exchange }.NewContext().Options with { LastBatch = lastBatch };

    [OneTimeTearDown]
    public void Clean() => _log.Dispose();

    [TestCase("centralized", 8, "of the run's 33 samples one row is left for the last batch; give --last_batch drop, or another --batch_size such as 9")]
    [TestCase("tl", 8, "of the run's 33 samples one row is left for the last batch; give --last_batch drop, or another --batch_size such as 9")]
    [TestCase("tl", 1, "of the run's 33 samples every batch has one row; give another --batch_size such as 3")]
    [TestCase("fedavg", 5, "of node 1's 11 samples one row is left for the last batch; give --last_batch drop, or another --batch_size such as 6")]
    [TestCase("split", 10, "of node 1's 11 samples one row is left for the last batch; give --last_batch drop, or another --batch_size such as 11")]
    [TestCase("gossip", 21, "of node 2's 22 samples one row is left for the last batch; give another --batch_size such as 22")]
    public void A_last_batch_of_one_row_is_refused_with_what_to_do(string algorithm, int batchSize, string reason)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => BatchSizes.Require(Options(algorithm, batchSize), [11, 22, 0]))!;
        Assert.That((e.ExitCode, e.Message), Is.EqualTo((ExitCode.Usage, $"layer 'bn' normalises over the rows of a batch, and {reason}")));
    }

    [TestCase("tl", 8)]
    [TestCase("centralized", 8)]
    [TestCase("fedavg", 5)]
    [TestCase("fedsgd", 5)]
    [TestCase("splitfedv1", 10)]
    public void Without_it_the_run_is_as_good_as_any(string algorithm, int batchSize) =>
        Assert.That(() => BatchSizes.Require(Options(algorithm, batchSize, LastBatch.Drop), [11, 22, 0]), Throws.Nothing);

    [Test]
    public void A_model_that_takes_single_rows_has_batches_of_any_size()
    {
        RunOptions options = Options("centralized", 8) with { Model = ClusterOptions.SmallMlp };
        Assert.That(() => BatchSizes.Require(options, [11, 22]), Throws.Nothing);
        var images = new ModelDescription(
            "images",
            [1, 8, 8],
            10,
            [new Conv2dLayer("conv", 1, 3, Kernel: 3), new BatchNormLayer("bn", 3), new FlattenLayer("flatten"), new LinearLayer("fc", 108, 10)]);
        Assert.That(images.FirstNeedingTwoRows(..), Is.Null, "a row has 36 values a channel");
        var block = new ResidualLayer("block", [new LinearLayer("fc", 64, 64), new BatchNormLayer("bn", 64)]);
        Assert.That(new ModelDescription("block", [64], 64, [block]).FirstNeedingTwoRows(..), Is.SameAs(block));
    }

    [TestCase("tl", "the run no batch: it has 33 samples, and a batch 40 rows; give --batch_size 33 or less, or --last_batch keep")]
    [TestCase("fedavg", "node 1 no batch: it has 11 samples, and a batch 40 rows; give --batch_size 11 or less, or --last_batch keep")]
    public void What_leaves_nothing_to_train_on_is_refused(string algorithm, string reason) => Assert.That(
        () => BatchSizes.Require(Options(algorithm, 40, LastBatch.Drop), [11, 22]),
        Throws.TypeOf<UserErrorException>().With.Message.EqualTo($"--last_batch drop leaves {reason}"));

    [Test]
    public void A_batch_that_has_shrunk_to_one_row_is_left_out_and_told_of()
    {
        VirtualBatch batch = new VirtualBatchPlanner([1, 3], 4, seed: 1).Batch(1, 0);
        BatchSizes relay = BatchSizes.Of(Options("tl", 4));
        var log = new OrchestratorLog(_log.Logger("shrunk"));
        Assert.That(relay.Usable(batch, log), Is.SameAs(batch));
        Assert.That(relay.Usable(batch.Without(new HashSet<int> { 2 }), log).Rows, Is.Zero);
        Assert.That(_log.Count("[1047] epoch 1, batch 1 is skipped: one row is left of it, and layer 'bn' normalises over the rows of a batch"), Is.EqualTo(1));
    }

    [Test]
    public void A_part_of_one_row_is_left_out_where_nodes_normalise()
    {
        VirtualBatch batch = new VirtualBatchPlanner([1, 3], 4, seed: 1).Batch(1, 0);
        VirtualBatch left = BatchSizes.Of(Options("tl", 4, exchange: Exchange.TwoPhase)).Usable(batch, new OrchestratorLog(_log.Logger("part")));
        Assert.That(left.Plan.Visits.Select(v => (v.NodeId, v.RowStart, v.Rows)), Is.EqualTo(((int, int, int)[])[(2, 0, 3)]));
        Assert.That(_log.Count("[1048] epoch 1, batch 1 goes on without node 1: one row there"), Is.EqualTo(1));
    }
}
