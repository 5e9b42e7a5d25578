using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// A checkpoint's folder, read as <c>--resume</c> reads it: manifest, model, optimizer and generator. An input is one byte that says what
/// optimizer the run has, the lengths of manifest and model, and the three files. The manifest is mostly made to vouch again for what was changed.
/// </summary>
internal sealed class CheckpointTarget : FuzzTarget, IDisposable
{
    private const int Prefix = 9;

    private static readonly string[] Files = [CheckpointManifest.FileName, "model.safetensors", "state.safetensors"];

    private static readonly OptimizerSettings[] Optimizers = [new(), new(OptimizerKind.Sgd, Momentum: 0.9), new(OptimizerKind.AdamW)];

    private readonly Scratch _scratch = new();
    private readonly Lazy<ModelManager[]> _models = new(() => [.. Optimizers.Select(NewModel)]);
    private readonly Lazy<byte[][]> _corpus = new(() => [.. Enumerable.Range(0, Optimizers.Length).Select(MakeSample)]);

    /// <inheritdoc/>
    public override string Name => "checkpoint";

    /// <inheritdoc/>
    public override int ShortRun => 12_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus => _corpus.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ExpectedRefusals => [nameof(CheckpointException), nameof(SafetensorsException)];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        (int optimizer, byte[][] files) = Split(input);
        string folder = string.Empty;
        for (int i = 0; i < Files.Length; i++)
        {
            folder = Path.GetDirectoryName(_scratch.Write(Files[i], files[i]))!;
        }

        CheckpointManifest manifest = Checkpoint.Read(folder).Manifest;
        if (manifest.Progress is not { Epoch: >= 1, Steps: >= 1 } || CheckpointManifest.Parse("again", manifest.ToBytes()).Progress != manifest.Progress)
        {
            throw new InvalidOperationException($"does not survive being written: {manifest.Progress}");
        }

        // No epochs: they are steps of the learning rate, a matter of time.
        ModelManager model = _models.Value[optimizer];
        ModelState.Read(model, folder, epochs: 0);
        using Tensor drawn = rand(2000);
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => e is CheckpointException or SafetensorsException ? e.GetType().Name : null;

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (256 * 1024) + (64 * input.Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        if (_models.IsValueCreated)
        {
            Array.ForEach(_models.Value, m => m.Dispose());
        }
    }

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random)
    {
        (int optimizer, byte[][] files) = Split(input);
        int file = random.Next(Files.Length);
        switch (random.Next(12))
        {
            case 0:
                optimizer = random.Next(Optimizers.Length);
                break;
            case 1:
                files[file] = ByteMutations.Apply(files[file], random, Corpus);
                break;
            case 2:
                files[file] = Split(random.Pick(Corpus)).Files[random.Next(Files.Length)];
                break;
            default:
                files[file] = file == 0
                    ? MutateManifest(files[0], random)
                    : SafetensorsTarget.Mutate(files[file], random, [.. Corpus.Select(c => Split(c).Files[file])]);
                break;
        }

        if (!random.OneIn(6))
        {
            files[0] = Vouch(files);
        }

        return Join(optimizer, files);
    }

    private static ModelManager NewModel(OptimizerSettings optimizer) => new ClusterOptions { Model = ModelPresets.Mlp([4, 3, 2]), Optimizer = optimizer }.NewContext().NewModel();

    private static byte[] MakeSample(int optimizer)
    {
        using var folder = new TempFolder();
        using ModelManager model = NewModel(Optimizers[optimizer]);
        model.Parameters.Gradient.fill_(0.5);
        model.Update();
        ModelState.Write(model, folder.Path);
        CheckpointManifest manifest = Runs.Manifest(progress: TrainingProgress.Start with { NextBatch = 1, Steps = 1, LossSum = 0.5 })
            with { Data = [new(5, "f"), new(7, "g")] };
        byte[][] files = [[], .. Files[1..].Select(f => File.ReadAllBytes(folder[f]))];
        files[0] = manifest.ToBytes();
        files[0] = Vouch(files);
        return Join(optimizer, files);
    }

    /// <summary>Changes what the manifest says, under a hash that is right, mostly.</summary>
    private static byte[] MutateManifest(byte[] manifest, FuzzRandom random)
    {
        string content;
        try
        {
            using var document = JsonDocument.Parse(manifest);
            content = document.RootElement.GetProperty("checkpoint").GetRawText();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return JsonMutations.Apply(manifest, random, [manifest]);
        }

        byte[] changed = JsonMutations.Apply(Encoding.UTF8.GetBytes(content), random, [manifest]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(random.OneIn(8) ? manifest : changed));
        return [.. Encoding.UTF8.GetBytes($"{{\"sha256\": \"{hash}\", \"checkpoint\": "), .. changed, .. "}"u8];
    }

    /// <summary>The manifest with lengths and hashes of the files as they are; as it is where it cannot be read.</summary>
    private static byte[] Vouch(byte[][] files)
    {
        try
        {
            CheckpointFile[] list = [.. Enumerable.Range(1, Files.Length - 1)
                .Select(i => new CheckpointFile(Files[i], files[i].Length, Convert.ToHexStringLower(SHA256.HashData(files[i]))))];
            return (CheckpointManifest.Parse("sample", files[0]) with { Files = list }).ToBytes();
        }
        catch (Exception)
        {
            // Whatever it is, it is for the run to find.
            return files[0];
        }
    }

    private static byte[] Join(int optimizer, byte[][] files)
    {
        byte[] prefix = new byte[Prefix];
        prefix[0] = (byte)optimizer;
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(1), files[0].Length);
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(5), files[1].Length);
        return [.. prefix, .. files.SelectMany(f => f)];
    }

    private static (int Optimizer, byte[][] Files) Split(byte[] input)
    {
        int model = Prefix + BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(1));
        int state = model + BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(5));
        return (input[0], [input[Prefix..model], input[model..state], input[state..]]);
    }
}
