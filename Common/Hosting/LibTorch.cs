using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace TraversalLearning.Hosting;

/// <summary>
/// libtorch in this process, and what the last bits of its results depend on. Everything that computes asks for it first: the number of threads and the
/// arithmetic of OpenMP, MKL and oneDNN are read once, when the library is loaded, and then hold for every thread that the process ever starts.
/// </summary>
/// <remarks>
/// <c>torch.set_num_threads</c> sets the number for the calling thread and those that libtorch has not met yet, so that the same sum may be taken by one
/// thread here and by two there. And MKL may take another path for another alignment of the same numbers, unless it is told not to.
/// </remarks>
/// <param name="Version">Of libtorch.</param>
/// <param name="Threads">How many compute together.</param>
/// <param name="InstructionSet">What ATen and oneDNN compute with: <c>avx512</c>, <c>avx2</c> or <c>default</c>.</param>
/// <param name="MatrixProducts">MKL's conditional numerical reproducibility mode.</param>
public sealed partial record LibTorch(string Version, int Threads, string InstructionSet, string MatrixProducts)
{
    /// <summary>The most threads that a process computes with.</summary>
    public const int MaxThreads = 1024;

    private const string Library = "LibTorchSharp";

    // Whatever begins with these decides how many threads compute or how; what a user happens to have of them is not to change a result.
    private static readonly string[] Prefixes = ["OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_"];

    private static readonly Lock Gate = new();
    private static LibTorch? _loaded;

    /// <summary>What has been loaded; <see langword="null"/> if nothing has.</summary>
    public static LibTorch? Loaded => Volatile.Read(ref _loaded);

    /// <summary>Checks that <see cref="Load"/> has been called. Whoever is about to compute does.</summary>
    /// <exception cref="InvalidOperationException">It has not: the library would compute as its environment has it.</exception>
    public static void RequireLoaded() => _ = Loaded ?? throw new InvalidOperationException("libtorch is used before LibTorch.Load has settled its threads");

    /// <summary>Loads the library, if that is still to be done.</summary>
    /// <param name="threads">Threads for computation; 0 for those that the process computes with already, or all cores.</param>
    /// <exception cref="UserErrorException">It cannot be loaded, or the process computes with another number of threads already.</exception>
    public static LibTorch Load(int threads)
    {
        lock (Gate)
        {
            if (_loaded is { } loaded)
            {
                return threads == 0 || threads == loaded.Threads
                    ? loaded
                    : throw new UserErrorException(
                        ExitCode.Usage, $"this process computes with --threads {loaded.Threads} already, which is not changed while it runs; give {threads} to a process of its own");
            }

            int count = threads == 0 ? Math.Min(Environment.ProcessorCount, MaxThreads) : threads;
            string instructions = Instructions(), products = Products(instructions);
            SetEnvironment(count, instructions, products);
            LoadLibrary();
            if (torch.get_num_threads() != count)
            {
                throw new InvalidOperationException($"libtorch computes with {torch.get_num_threads()} threads: it was loaded before their number was settled");
            }

            Volatile.Write(ref _loaded, new LibTorch(torch.__version__, count, instructions, products));
            return Loaded!;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"libtorch {Version}, {Threads} {(Threads == 1 ? "thread" : "threads")}, {InstructionSet}, MKL {MatrixProducts}";

    private static string Instructions() =>
        Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Fma.IsSupported ? "avx512"
        : Avx2.IsSupported && Fma.IsSupported ? "avx2"
        : "default";

    // STRICT: the same bits whatever the alignment. MKL has a path for AVX-512 on Intel's processors alone.
    private static string Products(string instructions) => instructions switch
    {
        "avx512" when IsIntel() => "AVX512,STRICT",
        "avx512" or "avx2" => "AVX2,STRICT",
        _ => "COMPATIBLE",
    };

    private static bool IsIntel()
    {
        const int Genu = 0x756e6547;
        return X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == Genu;
    }

    private static void LoadLibrary()
    {
        try
        {
            NativeLibrary.Load(Library, typeof(torch).Assembly, searchPath: null);
        }
        catch (DllNotFoundException e)
        {
            throw new UserErrorException(ExitCode.Library, $"libtorch cannot be loaded: {Reason(e.Message)}; build the program on this machine again (docs/development.md)", e);
        }
    }

    /// <summary>Of what the loader says of every place that it tried, the line that is of the library itself.</summary>
    internal static string Reason(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Skip(1).FirstOrDefault(l => !(l.Contains(Library, StringComparison.Ordinal) && l.EndsWith("No such file or directory", StringComparison.Ordinal)))
            ?? $"there is no lib{Library}.so beside the program";
    }

    private static void SetEnvironment(int threads, string instructions, string products)
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(n => Prefixes.Any(p => n.StartsWith(p, StringComparison.Ordinal))))
        {
            Set(name, null);
        }

        string count = threads.ToString(CultureInfo.InvariantCulture);
        Set("OMP_NUM_THREADS", count);
        Set("MKL_NUM_THREADS", count);
        Set("OMP_DYNAMIC", "FALSE");
        Set("MKL_DYNAMIC", "FALSE");
        Set("MKL_CBWR", products);
        Set("ATEN_CPU_CAPABILITY", instructions);
        if (instructions != "default")
        {
            Set("ONEDNN_MAX_CPU_ISA", instructions == "avx512" ? "AVX512_CORE" : "AVX2");
        }
    }

    // Where it is not the C library's own environment, .NET's is a copy that native code does not see.
    private static void Set(string name, string? value)
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(name, value);
        }
        else if (value is null)
        {
            _ = UnsetVariable(name);
        }
        else
        {
            _ = SetVariable(name, value, overwrite: 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);
}
