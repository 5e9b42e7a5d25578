using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

public sealed class TaskProcessorTests
{
    private static readonly int[] Rows = [3, 0, 7, 7, 11];
    private static readonly StepId Step = new(Epoch: 1, Batch: 4, Attempt: 0);

    private static IEnumerable<TestCaseData> Models() =>
    [
        new TestCaseData(ClusterOptions.SmallMlp, "1").SetArgDisplayNames("mlp", "fc1"),
        new TestCaseData(ClusterOptions.SmallMlp, "fc2").SetArgDisplayNames("mlp", "fc2"),
        new TestCaseData(ClusterOptions.SmallMlp, "fc3").SetArgDisplayNames("mlp", "last"),
        new TestCaseData(ClusterOptions.SmallCnn, "1").SetArgDisplayNames("cnn", "conv1"),
        new TestCaseData(ClusterOptions.SmallCnn, "pool").SetArgDisplayNames("cnn", "pool"),
        new TestCaseData(ClusterOptions.SmallCnn, "fc2").SetArgDisplayNames("cnn", "last"),
    ];

    [TestCaseSource(nameof(Models))]
    public void Lambda_is_softmax_minus_onehot_and_the_sums_are_those_of_the_rows(ModelDescription model, string cut)
    {
        using DisposeScope scope = NewDisposeScope();
        using var fixture = new Fixture(model, cut, Exchange.TwoPhase);
        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, BatchRows: 20), Rows);

        Tensor logits = fixture.Reference.call(fixture.Inputs(Rows));
        Tensor labels = fixture.Labels(Rows);
        Tensor logSoftmax = nn.functional.log_softmax(logits, 1);
        Tensor onehot = fixture.OneHot(Rows);

        AssertClose(output.Loss!.LogitGradients.Tensor, logSoftmax.exp() - onehot);
        Assert.That(output.Loss!.LossSum, Is.EqualTo(-(logSoftmax * onehot).sum().ToDouble()).Within(1e-12));
        Assert.That(output.Loss!.Hits, Is.EqualTo(logits.argmax(1).eq(labels).sum().ToInt32()));
        AssertClose(output.Activations.Tensor, fixture.Reference.ForwardFirst(fixture.Inputs(Rows)));
    }

    [Test]
    public void A_model_larger_than_allowed_is_refused_before_it_takes_memory()
    {
        // 208 million parameters: valid by the protocol's limits.
        var model = new ModelDescription("huge", [4], 10, [new LinearLayer("fc1", 4, 16_000_000), new LinearLayer("fc2", 16_000_000, 8), new LinearLayer("fc3", 8, 10)]);
        var setup = new TrainingSetup(ModelDescription.Parse(model.ToJson()), 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0, 1));
        var images = SampleSet.GreyImages(new byte[8], [0, 1], 2, 2);
        long tensors = TensorCount.Settled();
        ModelException e = Assert.Throws<ModelException>(() => new TaskProcessor(setup, images, CPU, maxModelBytes: 1_000_000_000).Dispose())!;
        Assert.That(e.Message, Does.StartWith("the model 'huge' takes 2.").And.Contains("may take 1.0;").And.Contains("--max_model_gb").And.Not.Contain("\n"));
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
    }

    [Test]
    public void A_visit_with_more_rows_than_fit_is_refused_and_a_smaller_one_is_not()
    {
        var setup = new TrainingSetup(ClusterOptions.SmallMlp, 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0, 1));

        // Behind the layers one sample has 24 + 24 + 16 + 16 + 10 elements; room is made for the parameters and five samples.
        long limit = (ClusterOptions.SmallMlp.ParameterCount * 3 * 4) + (5 * 2 * 90 * 4);
        using var processor = new TaskProcessor(setup, new ClusterOptions { Shards = [12] }.EffectiveImages, CPU, limit);
        processor.Forward(new ForwardPass(Step, BatchRows: 12), [1, 2, 3, 4, 5]).Dispose();
        Assert.That(
            () => processor.Forward(new ForwardPass(Step, BatchRows: 12), [1, 2, 3, 4, 5, 6]),
            Throws.TypeOf<ModelException>().With.Message.Contains("with 6 of this node's samples"));
    }

    [TestCaseSource(nameof(Models))]
    public void The_two_halves_of_the_backward_pass_are_autograd_on_the_whole(ModelDescription model, string cut)
    {
        using DisposeScope scope = NewDisposeScope();
        using var fixture = new Fixture(model, cut, Exchange.TwoPhase);
        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, BatchRows: Rows.Length), Rows);

        // The orchestrator's half: Λ / B through f_O gives G.
        Tensor activations = output.Activations.Tensor.clone().requires_grad_();
        fixture.Reference.ForwardRest(activations).backward([output.Loss!.LogitGradients.Tensor / Rows.Length]);
        using ParameterGradient gradient = fixture.Processor.Backward(Step, activations.grad!);

        AssertClose(gradient.Tensor, fixture.PooledGradient(Rows));
    }

    [TestCaseSource(nameof(Models))]
    public void With_one_phase_the_gradient_follows_the_forward_pass_and_is_divided_by_the_whole_batch(ModelDescription model, string cut)
    {
        using DisposeScope scope = NewDisposeScope();
        using var fixture = new Fixture(model, cut, Exchange.OnePhase);
        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, BatchRows: 20), Rows);

        Assert.That(fixture.Processor.ActivationShape(Step), Is.Null, "there is no second phase");
        using ParameterGradient gradient = fixture.Processor.Backward(Step);

        AssertClose(gradient.Tensor * 20, fixture.PooledGradient(Rows) * Rows.Length);
        Assert.That(fixture.Processor.Holds(Step), Is.False);
    }

    [Test]
    public void A_backward_pass_that_is_asked_for_again_gives_the_same_bytes()
    {
        using DisposeScope scope = NewDisposeScope();
        using var fixture = new Fixture(ClusterOptions.SmallCnn, "pool", Exchange.TwoPhase);
        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, 5), Rows);
        Tensor gradients = rand(output.Activations.Shape, dtype: float64);

        byte[] first = Backward(Step);
        byte[] again = Backward(Step);
        byte[] otherAttempt = Backward(Step with { Attempt = 3 });

        Assert.That(first, Is.Not.All.Zero);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(otherAttempt, Is.EqualTo(first), "what a step is does not depend on how often it was tried");

        byte[] Backward(StepId step)
        {
            using ParameterGradient gradient = fixture.Processor.Backward(step, gradients);
            return gradient.Memory.ToArray();
        }
    }

    [Test]
    public void A_forward_pass_that_is_asked_for_again_gives_the_same_bytes()
    {
        using var fixture = new Fixture(ClusterOptions.SmallCnn, "pool", Exchange.TwoPhase);
        using ForwardOutput first = fixture.Processor.Forward(new ForwardPass(Step, 5), Rows);
        using ForwardOutput again = fixture.Processor.Forward(new ForwardPass(Step with { Attempt = 1 }, 5), Rows);
        Assert.That(again.Activations.Memory.Span.SequenceEqual(first.Activations.Memory.Span), Is.True);
        Assert.That(again.Loss!.LogitGradients.Memory.Span.SequenceEqual(first.Loss!.LogitGradients.Memory.Span), Is.True);
    }

    [Test]
    public void A_backward_pass_for_a_step_that_is_not_held_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var fixture = new Fixture(ClusterOptions.SmallMlp, "1", Exchange.TwoPhase);
        Tensor gradients = zeros([5, 24], dtype: float64);
        Assert.That(() => fixture.Processor.Backward(Step, gradients), Throws.InvalidOperationException, "no forward pass was done");

        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, 5), Rows);
        Assert.That(fixture.Processor.ActivationShape(Step), Is.EqualTo((long[])[5, 24]));
        foreach (StepId other in new[] { Step with { Batch = 3 }, Step with { Epoch = 2 } })
        {
            Assert.That(fixture.Processor.ActivationShape(other), Is.Null);
            Assert.That(() => fixture.Processor.Backward(other, gradients), Throws.InvalidOperationException);
        }

        fixture.Processor.Forget();
        Assert.That(() => fixture.Processor.Backward(Step, gradients), Throws.InvalidOperationException);
    }

    [Test]
    public void The_parameters_that_count_are_those_received_last()
    {
        using var fixture = new Fixture(ClusterOptions.SmallMlp, "1", Exchange.TwoPhase);
        fixture.Processor.ParameterBytes.Span.Clear();
        using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(Step, 5), Rows);
        Assert.That(output.Loss!.LossSum, Is.EqualTo(5 * Math.Log(10)).Within(1e-12), "with θ = 0 every class is as likely");
        Assert.That(output.Activations.Memory.ToArray(), Is.All.Zero);
    }

    [Test]
    public void No_tensor_is_left_of_a_step([ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        using var fixture = new Fixture(ClusterOptions.SmallCnn, "pool", exchange);
        void Run(int step)
        {
            var id = new StepId(1, step, 0);
            using ForwardOutput output = fixture.Processor.Forward(new ForwardPass(id, 5), Rows);
            if (output.Loss is null)
            {
                using Tensor logits = zeros([Rows.Length, 4], dtype: float64);
                fixture.Processor.Loss(id, logits).Dispose();
            }

            if (exchange.Kind().SendsActivationGradients)
            {
                using Tensor gradients = ones(output.Activations.Shape, dtype: float64);
                fixture.Processor.Backward(id, gradients).Dispose();
            }
        }

        TensorCount.AssertSteady(Run);
    }

    [Test]
    public void No_tensor_is_left_of_a_model_managers_step([Values] OptimizerKind kind)
    {
        var options = new ClusterOptions { Optimizer = new OptimizerSettings(kind), Shards = [30] };
        RunContext context = options.NewContext();
        using ModelManager model = context.NewModel();
        using var buffers = new Orchestration.Training.Model.BatchBuffers(context.Setup, options.BatchSize);
        using var pooled = new PooledSamples(options.EffectiveImages, options.EffectivePartition, context.Setup, CPU);
        using var test = new SampleTensors(options.EffectiveImages, options.Model.InputShape, context.Setup.Normalisation, float32, CPU);
        var centralized = new CentralizedGradient(model, pooled);
        Data.Batches.VirtualBatch batch = new Data.Batches.VirtualBatchPlanner([30], options.BatchSize, 1).Epoch(1).First();

        TensorCount.AssertSteady(_ =>
        {
            using (EncodedTensor parameters = model.EncodeParameters(context.Options.NewEncoding()))
            {
                using (CentralPass pass = model.CentralForward(buffers, new Orchestration.Training.Planning.MicroBatch(0, 0, batch.Plan.Visits.Count, 0, batch.Rows)))
                {
                    pass.LogitsOnHost();
                    model.CentralBackward(pass, buffers, batch.Rows);
                }

                using var sum = new Orchestration.Training.Steps.GradientSum(buffers, model.FirstLayerGradient(), visits: 2);
                sum.BufferOf(0);
                sum.BufferOf(1);
                Assert.That((sum.Complete(1), sum.Complete(0)), Is.EqualTo((0, 2)));
            }

            model.Update();
            centralized.Compute(batch);
            model.Update();
            model.EndEpoch();
            model.Evaluate(test, 7, CancellationToken.None);
        });
    }

    private static void AssertClose(Tensor actual, Tensor expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        Assert.That((actual.detach() - expected.detach()).abs().max().ToDouble(), Is.LessThanOrEqualTo(1e-12 * expected.abs().max().ToDouble()));
    }

    /// <summary>A processor in float64 with parameters, and the whole model beside it with the same.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly SampleSet _images;
        private readonly TrainingSetup _setup;
        private readonly FlatParameters _parameters;

        public Fixture(ModelDescription model, string cut, Exchange exchange)
        {
            _images = new ClusterOptions { Model = model, Shards = [12] }.EffectiveImages;
            _setup = new TrainingSetup(model, model.ParseCut(cut), ElementType.Float64, exchange, new Normalisation(0.4, 0.3));
            Processor = new TaskProcessor(_setup, _images, CPU);
            manual_seed(5);
            Reference = new LayeredModel(model, _setup.Cut);
            _parameters = new FlatParameters(Reference, float64, CPU, model.ParameterCount);
            _parameters.ValueBytes[..Processor.ParameterBytes.Length].CopyTo(Processor.ParameterBytes);
        }

        public TaskProcessor Processor { get; }

        public LayeredModel Reference { get; }

        public Tensor Inputs(int[] rows) => tensor(
            rows.SelectMany(r => _images.Sample(r).ToArray()).Select(p => ((p / 255.0) - 0.4) / 0.3).ToArray(), [rows.Length, .. _setup.Model.InputShape]);

        public Tensor Labels(int[] rows) => tensor(rows.Select(r => (long)_images.Labels[r]).ToArray());

        public Tensor OneHot(int[] rows) => tensor(
            rows.SelectMany(r => Enumerable.Range(0, _setup.Model.ClassCount).Select(c => c == _images.Labels[r] ? 1.0 : 0.0)).ToArray(),
            [rows.Length, _setup.Model.ClassCount]);

        /// <summary>∇θ_N of the rows' mean loss, by autograd on the whole model.</summary>
        public Tensor PooledGradient(int[] rows)
        {
            _parameters.Gradient.zero_();
            nn.functional.cross_entropy(Reference.call(Inputs(rows)), Labels(rows)).backward();
            return _parameters.Gradient.narrow(0, 0, _setup.FirstParameterCount);
        }

        public void Dispose()
        {
            Processor.Dispose();
            _parameters.Dispose();
            Reference.Dispose();
        }
    }
}
