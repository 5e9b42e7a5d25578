using System.Diagnostics;
using TorchSharp;
using TraversalLearning.Tensors;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models;

/// <summary>
/// Chooses the number of threads of the process by trying: forward and backward pass of a model like the one that will be trained, over rows of
/// zeros, on the CPU. To be called before anything else computes: libtorch takes the number over once for every thread that calls it, and one
/// that has computed already keeps what it had.
/// </summary>
public static class ThreadProbe
{
    /// <summary>Rows of a pass where the batch is not known.</summary>
    public const int DefaultRows = 64;

    /// <summary>More rows than this say nothing more, and take time.</summary>
    public const int MaxRows = 256;

    // Enough to tell how long more of them will take.
    private const int FewRows = 4;

    /// <summary>Measures, chooses and sets. What is drawn from the global generator afterwards is what would have been drawn without it.</summary>
    /// <param name="description">The model.</param>
    /// <param name="type">Element type of parameters and inputs.</param>
    /// <param name="rows">Rows of a pass; fewer where it would take long.</param>
    /// <param name="processors">The most threads to try.</param>
    public static ThreadChoice Choose(ModelDescription description, ElementType type, int rows, int processors)
    {
        using Tensor generator = get_rng_state();
        ThreadChoice choice;
        try
        {
            using var model = new LayeredModel(description, description.Layers.Length);
            model.to(type.ToScalarType());

            // In training mode batch-norm refuses one row alone, and the generator is drawn from.
            model.eval();

            // Pays for compilers and for what libraries set up at their first call.
            Pass(model, type, rows: 1, threads: 1);
            int few = Math.Min(rows, FewRows);
            int timed = ThreadTrials.Rows(rows, few, Pass(model, type, few, threads: 1));
            choice = new ThreadTrials(threads => Pass(model, type, timed, threads)).Run(processors);
        }
        finally
        {
            set_rng_state(generator);
        }

        set_num_threads(choice.Threads);
        return choice;
    }

    private static TimeSpan Pass(LayeredModel model, ElementType type, int rows, int threads)
    {
        set_num_threads(threads);
        long start = Stopwatch.GetTimestamp();
        Pass(model, type, rows);
        return Stopwatch.GetElapsedTime(start);
    }

    private static void Pass(LayeredModel model, ElementType type, int rows)
    {
        using (NewDisposeScope())
        {
            long[] shape = [rows, .. model.Description.InputShape];
            Tensor inputs = zeros(shape, dtype: model.Description.Vocabulary is null ? type.ToScalarType() : ScalarType.Int64);
            Tensor labels = zeros([rows], dtype: ScalarType.Int64);
            F.cross_entropy(model.call(inputs), labels).backward();
        }
    }
}
