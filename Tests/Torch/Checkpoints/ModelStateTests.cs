using TraversalLearning.Data.Batches;
using TraversalLearning.Files;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Tests.Torch.Models;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Checkpoints;

public sealed class ModelStateTests
{
    internal static readonly OptimizerSettings[] Optimizers =
    [
        new(), new(OptimizerKind.Adadelta, WeightDecay: 0.01), new(OptimizerKind.Sgd), new(OptimizerKind.Sgd, Momentum: 0.9),
        new(OptimizerKind.Sgd, Momentum: 0.9, Nesterov: true, WeightDecay: 0.01), new(OptimizerKind.Adam), new(OptimizerKind.AdamW, WeightDecay: 0.01),
        new(OptimizerKind.Sgd, Momentum: 0.9, ClipGradNorm: 0.01),
    ];

    private static readonly ModelDescription WithBatchNorm = new(
        "batch-norm",
        [64],
        10,
        [new LinearLayer("fc1", 64, 12, Bias: false), new BatchNormLayer("bn", 12), new ReluLayer("relu"), new LinearLayer("fc2", 12, 10)]);

    [Test]
    public void A_restored_model_takes_the_very_same_steps([ValueSource(nameof(Optimizers))] OptimizerSettings optimizer, [Values] bool atStart)
    {
        using var folder = new TempFolder();
        ClusterOptions options = new() { Optimizer = optimizer, Type = ElementType.Float64 };
        using ModelManager model = options.NewContext().NewModel();
        using var samples = new PooledSamples(options.EffectiveImages, options.EffectivePartition, model.Setup, CPU);
        VirtualBatch[] batches = [.. new VirtualBatchPlanner(samples.SampleCounts, options.BatchSize, options.Seed).Epoch(1)];
        if (!atStart)
        {
            Train(model, samples, batches[..3]);
            model.EndEpoch();
            model.EndEpoch();
        }

        using Tensor drawn = rand(3);
        ModelState.Write(model, folder.Path);
        using ModelManager restored = (options with { Seed = 99 }).NewContext().NewModel();
        ModelState.Read(restored, folder.Path, epochs: atStart ? 0 : 2);

        Assert.That(restored.Parameters.Sha256(), Is.EqualTo(model.Parameters.Sha256()));
        Assert.That(restored.LearningRate, Is.EqualTo(model.LearningRate));
        using Tensor next = rand(3);
        ModelState.Read(restored, folder.Path, epochs: 0);
        using Tensor again = rand(3);
        Assert.That(again.data<float>().ToArray(), Is.EqualTo(next.data<float>().ToArray()), "the generator goes on where it was");
        if (!atStart)
        {
            Train(model, samples, batches[3..]);
            Train(restored, samples, batches[3..]);
            Assert.That(restored.Parameters.Sha256(), Is.EqualTo(model.Parameters.Sha256()));
        }
    }

    [TestCaseSource(typeof(LearningRateScheduleTests), nameof(LearningRateScheduleTests.EveryKind))]
    public void A_restored_schedule_goes_on_with_the_very_same_rates(ScheduleSettings schedule, int epochs)
    {
        using var folder = new TempFolder();
        ClusterOptions options = new() { Optimizer = new OptimizerSettings { Schedule = schedule } };
        using ModelManager model = options.NewContext().NewModel();
        for (int done = 0; done < epochs; done++)
        {
            ModelState.Write(model, folder.Path);
            using ModelManager restored = options.NewContext().NewModel();
            ModelState.Read(restored, folder.Path, done);
            Assert.That(restored.LearningRate, Is.EqualTo(model.LearningRate), $"after {done} epochs");
            restored.EndEpoch();
            model.EndEpoch();
            Assert.That(restored.LearningRate, Is.EqualTo(model.LearningRate), $"after {done} epochs and one more");
        }
    }

    [Test]
    public void Running_statistics_go_on_where_they_were()
    {
        using var folder = new TempFolder();
        ClusterOptions options = new() { Model = WithBatchNorm };
        using ModelManager model = options.NewContext().NewModel();
        using var samples = new PooledSamples(options.EffectiveImages, options.EffectivePartition, model.Setup, CPU);
        VirtualBatch[] batches = [.. new VirtualBatchPlanner(samples.SampleCounts, options.BatchSize, options.Seed).Epoch(1)];
        Train(model, samples, batches[..3]);
        ModelState.Write(model, folder.Path);
        using ModelManager restored = (options with { Seed = 99 }).NewContext().NewModel();
        ModelState.Read(restored, folder.Path, epochs: 0);

        Assert.That(Buffers(restored), Is.EqualTo(Buffers(model)));
        Assert.That(Buffers(model)["bn.num_batches_tracked"], Is.EqualTo((byte[])[3, 0, 0, 0, 0, 0, 0, 0]));
        Train(model, samples, batches[3..]);
        Train(restored, samples, batches[3..]);
        Assert.That(restored.Parameters.Sha256(), Is.EqualTo(model.Parameters.Sha256()));
        Assert.That(Buffers(restored), Is.EqualTo(Buffers(model)));
    }

    [Test]
    public void A_model_file_has_the_names_of_PyTorchs_state_dict_and_buffers_only_where_there_are_any()
    {
        using var folder = new TempFolder();
        Assert.That(Tensors(ClusterOptions.SmallMlp), Is.EqualTo((string[])
            ["fc1.weight F32[24, 64]", "fc1.bias F32[24]", "fc2.weight F32[16, 24]", "fc2.bias F32[16]", "fc3.weight F32[10, 16]", "fc3.bias F32[10]"]));
        Assert.That(Tensors(WithBatchNorm), Is.EquivalentTo((string[])
        [
            "fc1.weight F32[12, 64]", "bn.weight F32[12]", "bn.bias F32[12]", "fc2.weight F32[10, 12]", "fc2.bias F32[10]",
            "bn.running_mean F32[12]", "bn.running_var F32[12]", "bn.num_batches_tracked I64[]",
        ]));

        string[] Tensors(ModelDescription description)
        {
            using ModelManager model = new ClusterOptions { Model = description }.NewContext().NewModel();
            ModelFile.Write(folder["model.safetensors"], model.Parameters, model.Header);
            using SafetensorsReader file = SafetensorsReader.Open(folder["model.safetensors"]);
            return [.. file.Tensors.Select(t => $"{t.Name} {t.Dtype}[{string.Join(", ", t.Shape)}]")];
        }
    }

    [Test]
    public void Evaluation_uses_the_running_statistics_and_leaves_them_and_training_mode_alone()
    {
        ClusterOptions options = new() { Model = WithBatchNorm };
        using ModelManager model = options.NewContext().NewModel();
        using var pooled = new PooledSamples(options.EffectiveImages, options.EffectivePartition, model.Setup, CPU);
        using var samples = new SampleTensors(options.EffectiveImages, WithBatchNorm.InputShape, model.Setup.Normalisation, float32, CPU);
        VirtualBatch[] batches = [.. new VirtualBatchPlanner(pooled.SampleCounts, options.BatchSize, options.Seed).Epoch(1)];
        Train(model, pooled, batches[..3]);
        Dictionary<string, byte[]> before = Buffers(model);

        double alone = model.Evaluate(samples, batchSize: 1, CancellationToken.None).Loss;
        double together = model.Evaluate(samples, batchSize: 1000, CancellationToken.None).Loss;

        Assert.That(together, Is.EqualTo(alone).Within(1e-5), "no row depends on its neighbours");
        Assert.That(Buffers(model), Is.EqualTo(before));
        Assert.That(() => model.Evaluate(samples, 1000, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Train(model, pooled, batches[3..4]);
        Assert.That(Buffers(model)["bn.num_batches_tracked"][0], Is.EqualTo(4), "training mode again");
    }

    [Test]
    public void Files_of_another_model_optimizer_or_type_are_refused()
    {
        using var folder = new TempFolder();
        var options = new ClusterOptions();
        using (ModelManager model = options.NewContext().NewModel())
        {
            ModelState.Write(model, folder.Path);
        }

        foreach (ClusterOptions other in new[]
        {
            options with { Model = ModelPresets.Mlp([64, 25, 10]) },
            options with { Model = ModelPresets.Mlp([64, 25, 16, 10]) },
            options with { Model = WithBatchNorm },
            options with { Type = ElementType.Float64 },
            options with { Optimizer = new OptimizerSettings(OptimizerKind.Adam) },
            options with { Optimizer = new OptimizerSettings(OptimizerKind.Sgd) },
        })
        {
            using ModelManager model = other.NewContext().NewModel();
            Assert.That(() => ModelState.Read(model, folder.Path, 0), Throws.TypeOf<SafetensorsException>(), other.ToString());
        }
    }

    [Test]
    public void Writing_and_reading_leave_no_tensor_behind()
    {
        using var folder = new TempFolder();
        using ModelManager model = new ClusterOptions { Model = WithBatchNorm, Optimizer = new OptimizerSettings(OptimizerKind.Adam) }.NewContext().NewModel();
        TensorCount.AssertSteady(
            _ =>
            {
                ModelState.Write(model, folder.Path);
                ModelState.Read(model, folder.Path, 0);
            },
            steps: 5);
    }

    private static Dictionary<string, byte[]> Buffers(ModelManager model) =>
        model.Parameters.Buffers.ToDictionary(b => b.Name, b => b.Tensor.bytes.ToArray(), StringComparer.Ordinal);

    private static void Train(ModelManager model, PooledSamples samples, VirtualBatch[] batches)
    {
        var gradients = new CentralizedGradient(model, samples);
        foreach (VirtualBatch batch in batches)
        {
            gradients.Compute(batch);
            model.Update();
        }
    }
}
