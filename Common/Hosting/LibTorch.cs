using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace TraversalLearning.Hosting;

/// <summary>
/// libtorch in this process, and the settings that the last bits of its results depend on. Load it before any computation: the
/// number of threads and the arithmetic of OpenMP, MKL and oneDNN are read once, when the library is loaded, and then apply to
/// every thread of the process.
/// </summary>
/// <remarks>
/// <c>torch.set_num_threads</c> applies only to the calling thread and to threads that libtorch has not seen yet, so the same sum
/// could use one thread here and two there. MKL may also choose another code path for another alignment of the same numbers,
/// unless told not to.
/// </remarks>
/// <param name="Version">Version of libtorch.</param>
/// <param name="Threads">Number of compute threads.</param>
/// <param name="InstructionSet">Instruction set of ATen and oneDNN: <c>avx512</c>, <c>avx2</c> or <c>default</c>.</param>
/// <param name="MatrixProducts">MKL's conditional numerical reproducibility mode.</param>
public sealed partial record LibTorch(string Version, int Threads, string InstructionSet, string MatrixProducts)
{
    /// <summary>Maximum number of compute threads.</summary>
    public const int MaxThreads = 1024;

    private const string Library = "LibTorchSharp";

    // Variables with these prefixes control threads and arithmetic; the user's values must not change a result.
    private static readonly string[] Prefixes = ["OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "ATEN_"];

    private static readonly Lock Gate = new();
    private static LibTorch? _loaded;

    /// <summary>The loaded library; <see langword="null"/> before <see cref="Load"/>.</summary>
    public static LibTorch? Loaded => Volatile.Read(ref _loaded);

    /// <summary>Throws if <see cref="Load"/> has not been called. Call before computing.</summary>
    /// <exception cref="InvalidOperationException">Not loaded: the library would take its settings from the environment.</exception>
    public static void RequireLoaded() => _ = Loaded ?? throw new InvalidOperationException("libtorch is used before LibTorch.Load has settled its threads");

    /// <summary>Loads the library unless it is loaded already.</summary>
    /// <param name="threads">Threads for computation; 0 for the number already in use, or all cores.</param>
    /// <exception cref="UserErrorException">The library cannot be loaded, or another number of threads is already in use.</exception>
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

    // STRICT: results do not depend on alignment. MKL uses AVX-512 only on Intel processors.
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

    /// <summary>Extracts the line about the library itself from the loader's message, which lists every path it tried.</summary>
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

    // Sets the C library's environment: on Unix, .NET's is a copy that native code does not see.
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
