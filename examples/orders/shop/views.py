from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

import live
from shop.models import Order


@login_required
def orders(request):
    context = {
        "head": live.head(),
        "orders": Order.objects.select_related("packer"),
    }
    return render(request, "shop/orders.html", context)


@login_required
@require_POST
def next_step(request):
    get_object_or_404(Order, pk=request.POST.get("order")).take_next_step(request.user)
    return redirect("orders")
