using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>An ATen operator, looked up once by schema name and overload, called through the boxed dispatcher.</summary>
/// <remarks>Arguments that are left off take the schema's defaults. Failures are ExternalException with libtorch's text.</remarks>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int InlineWords = 32;
    private nint _op;

    /// <summary>Calls an operator that returns one tensor.</summary>
    public torch.Tensor Call(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return new torch.Tensor((nint)result.Bits);
    }

    /// <summary>Calls an in-place operator, whose result is its first argument.</summary>
    public void Run(params ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    public (torch.Tensor First, torch.Tensor Second) CallPair(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeValue[2];
        Invoke(args, results, 2);
        return (new torch.Tensor((nint)results[0].Bits), new torch.Tensor((nint)results[1].Bits));
    }

    public (torch.Tensor First, torch.Tensor Second, torch.Tensor Third) CallTriple(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeValue[3];
        Invoke(args, results, 3);
        return (new torch.Tensor((nint)results[0].Bits), new torch.Tensor((nint)results[1].Bits), new torch.Tensor((nint)results[2].Bits));
    }

    public torch.Tensor[] CallList(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        var handles = (nint*)result.Bits;
        var tensors = new torch.Tensor[result.Count];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = new torch.Tensor(handles[i]);
        Native.tl_free(handles);
        return tensors;
    }

    public Scalar CallScalar(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return new Scalar(result.Kind, result.Bits);
    }

    [SkipLocalsInit]
    private void Invoke(ReadOnlySpan<Arg> args, NativeValue* results, int capacity)
    {
        if (_op == 0) _op = Native.Check(Native.tl_find(name, overload));
        int words = 0;
        foreach (ref readonly Arg arg in args)
        {
            if (arg.Kind is ArgKind.Ints or ArgKind.Tensors or ArgKind.String) words += arg.Count + 1;
        }

        // Lists are few and short: copied next to the arguments rather than pinned one by one.
        long* inline = stackalloc long[InlineWords];
        long[]? rented = words > InlineWords ? new long[words] : null;
        var native = stackalloc NativeValue[args.Length];
        fixed (long* pinned = rented)
        {
            long* list = rented is null ? inline : pinned;
            for (int i = 0; i < args.Length; i++)
            {
                ref readonly Arg arg = ref args[i];
                native[i] = new NativeValue { Kind = arg.Kind, Count = arg.Count, Bits = arg.Bits };
                if (arg.Kind is not (ArgKind.Ints or ArgKind.Tensors or ArgKind.String)) continue;
                native[i].Bits = (long)list;
                CopyList(arg, list);
                list += arg.Count + 1;
            }

            int status = Native.tl_call(_op, native, args.Length, results, capacity);
            foreach (ref readonly Arg arg in args) GC.KeepAlive(arg.Reference);
            Native.Check(status);
        }
    }

    private static void CopyList(in Arg arg, long* list)
    {
        switch (arg.Reference)
        {
            case long[] numbers:
                numbers.CopyTo(new Span<long>(list, numbers.Length));
                break;
            case torch.Tensor[] tensors:
                for (int i = 0; i < tensors.Length; i++) list[i] = tensors[i].Handle;
                break;
            case string text:
                Encoding.ASCII.GetBytes(text, new Span<byte>(list, text.Length));
                break;
        }
    }
}
