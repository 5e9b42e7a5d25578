using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

/// <summary>The node's half of a turn: in its order or not at all, and the same as often as it is asked for.</summary>
public sealed class SplitTurnTests
{
    private static readonly StepId Round = new(2, 0, 1);

    // Draws, and keeps statistics.
    private static readonly ClusterOptions Options = new()
    {
        Shards = [12],
        Exchange = Exchange.Relay,
        Cut = "drop",
        Model = new ModelDescription(
            "drawing", [64], 10, [new LinearLayer("fc1", 64, 6), new BatchNormLayer("norm", 6), new DropoutLayer("drop", 0.5), new LinearLayer("fc2", 6, 10)]),
    };

    [Test]
    public void What_is_not_due_next_changes_nothing()
    {
        using var fixture = new Fixture();
        byte[] expected = fixture.Run();
        byte[] actual = fixture.Run((turn, batch) =>
        {
            Assert.That(turn.Forward(At(batch), [1]), Is.Null, "the same batch again");
            Assert.That(turn.Forward(At(batch + 1), [1]), Is.Null, "the next one before its time");
            Assert.That(turn.End(At(batch)), Is.False, "in the middle of a batch");
            Assert.That(turn.Holds(At(batch) with { Attempt = 0 }), Is.False, "another attempt");
            Assert.That(turn.Holds(At(batch) with { Epoch = 3 }), Is.False, "another round");
            Assert.That(turn.LogitShape(At(batch)), Is.EqualTo(new long[] { 3, 10 }));
        });
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Its_batches_are_counted()
    {
        using var fixture = new Fixture();
        using SplitTurn turn = fixture.NewTurn();
        Assert.That(turn.End(At(1)), Is.False);
        Assert.That(turn.Forward(At(1), [0]), Is.Null);
        Assert.That(turn.End(At(0)), Is.True, "a turn may have no batch");
    }

    [Test]
    public void Another_round_draws_other_numbers_and_leaves_the_generator_alone()
    {
        using var fixture = new Fixture();
        manual_seed(5);
        using Tensor before = get_rng_state();
        byte[] first = fixture.Run();
        using Tensor after = get_rng_state();
        Assert.That(after.bytes.SequenceEqual(before.bytes), Is.True);
        Assert.That(fixture.Run(round: Round with { Epoch = 3 }), Is.Not.EqualTo(first));
    }

    [Test]
    public void A_model_that_would_take_too_much_memory_is_refused()
    {
        using var processor = new TaskProcessor(Fixture.Setup, Options.EffectiveImages, CPU, maxModelBytes: 10_000);
        using HostTensor parameters = HostTensor.Zeros([processor.ParameterCount], ScalarType.Float32);
        using HostTensor buffers = HostTensor.Zeros([processor.BufferCount], ScalarType.Float32);
        ModelException e = Assert.Throws<ModelException>(() => processor.NewTurn(Fixture.Request(Round), parameters, buffers).Dispose())!;
        Assert.That(e.Message, Does.Contain("--max_model_gb"));
    }

    private static StepId At(int batch) => Round with { Batch = batch };

    private sealed class Fixture : IDisposable
    {
        private readonly TaskProcessor _processor = new(Setup, Options.EffectiveImages, CPU);
        private readonly HostTensor _parameters;
        private readonly HostTensor _buffers;

        public Fixture()
        {
            _parameters = HostTensor.Zeros([_processor.ParameterCount], ScalarType.Float32);
            _buffers = HostTensor.Zeros([_processor.BufferCount], ScalarType.Float32);
            _parameters.Tensor.fill_(0.05);
            _buffers.Tensor.fill_(1);
        }

        public static TrainingSetup Setup { get; } = Options.NewContext().Setup;

        public static TurnStart Request(StepId round) => new(round, "00000000000003e8", new LocalOptimizer("adam", 0.1, 0, false, 0, 0));

        public SplitTurn NewTurn(StepId? round = null) => _processor.NewTurn(Request(round ?? Round), _parameters, _buffers);

        /// <summary>A turn of two batches of three rows.</summary>
        /// <param name="between">Called within each batch.</param>
        /// <param name="round">Which round.</param>
        /// <returns>θ_N and the buffers.</returns>
        public byte[] Run(Action<SplitTurn, int>? between = null, StepId? round = null)
        {
            StepId start = round ?? Round;
            using SplitTurn turn = NewTurn(start);
            using Tensor gradients = ones([3, 6]);
            using Tensor slope = arange(18).reshape(3, 6).to(ScalarType.Float32);
            for (int batch = 0; batch < 2; batch++)
            {
                using HostTensor activations = turn.Forward(start with { Batch = batch }, [batch, batch + 4, batch + 8])!;
                between?.Invoke(turn, batch);
                turn.Step(batch == 0 ? gradients : slope);
            }

            Assert.That(turn.End(start with { Batch = 2 }), Is.True);
            return [.. turn.ValueBytes.Span, .. turn.Buffers.Memory.Span];
        }

        public void Dispose()
        {
            ((IDisposable)_parameters).Dispose();
            ((IDisposable)_buffers).Dispose();
            _processor.Dispose();
        }
    }
}
